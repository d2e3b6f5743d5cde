// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-select-schedule

// expected-error @below {{module has no attn.target, expected attn-attach-target to run before}}
module {
}

// -----

// expected-error @below {{target has unknown isa 'mmx', expected avx512, avx2, sse2 or neon}}
module attributes {attn.target = #attn.target<isa = "mmx", triple = "x86_64-unknown-linux-gnu", cpu = "pentium", features = "", vector_bits = 64, registers = 8, l1 = 16384, l2 = 0>} {
}
