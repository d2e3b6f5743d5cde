// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 | FileCheck %s --check-prefix=AVX2
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 | FileCheck %s --check-prefix=AVX512
// RUN: attn-opt %s --attn-attach-target=target=x86-64 | FileCheck %s --check-prefix=SSE2
// RUN: attn-opt %s --attn-attach-target=target=sapphirerapids | FileCheck %s --check-prefixes=AVX512,AMX
// RUN: attn-opt %s --attn-attach-target=target=sapphirerapids:-amx-bf16 | FileCheck %s --check-prefixes=AVX512,NOTILES
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 | FileCheck %s --check-prefixes=NOTILES,FAR
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3:+emulated-amx,+avxvnni | FileCheck %s --check-prefix=EMULATED
// RUN: attn-opt %s --attn-attach-target=target=aarch64 | FileCheck %s --check-prefix=NEON
// RUN: attn-opt %s --attn-attach-target | FileCheck %s --check-prefix=HOST
// RUN: env ATTN_TARGET=host attn-opt %s --attn-attach-target | FileCheck %s --check-prefix=HOST
// RUN: env ATTN_TARGET=x86-64-v3 attn-opt %s --attn-attach-target | FileCheck %s --check-prefix=AVX2
// RUN: attn-opt %s --attn-attach-target=target=x86-64 --attn-attach-target=target=x86-64-v4 | FileCheck %s --check-prefix=SSE2

// Facts come from the name; a target that is there stays.
// AVX2: module attributes {attn.target = #attn.target<isa = "avx2", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "", vector_bits = 256, registers = 16,
// AVX512: module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "{{[^"]+}}", features = "{{.*}}", vector_bits = 512, registers = 32,
// SSE2: module attributes {attn.target = #attn.target<isa = "sse2", {{.*}} vector_bits = 128, registers = 16,
// NEON: module attributes {attn.target = #attn.target<isa = "neon", triple = "aarch64-unknown-linux-gnu", cpu = "generic", {{.*}} vector_bits = 128, registers = 32,
// HOST: module attributes {attn.target = #attn.target<isa = "{{avx512|avx2|sse2|neon}}",
// Tiles are a fact of their own, and only those whose kernels exist. To emulate them
// is asked for as a feature, which LLVM does not get to see.
// AMX-SAME: tiles = amx
// Intel's processors are asked for memory less far ahead than is the default.
// AMX-SAME: ahead = 3072>
// NOTILES-NOT: tiles
// FAR-NOT: ahead
// EMULATED: isa = "avx2", {{.*}} features = "+avxvnni", {{.*}} tiles = emulated_amx>
module {
}
