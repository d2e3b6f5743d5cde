// RUN: not attn-opt %s --attn-attach-target=target=z80 2>&1 | FileCheck %s
// RUN: not attn-opt %s --attn-attach-target=target= 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not env ATTN_TARGET=pentium-of-tomorrow attn-opt %s --attn-attach-target 2>&1 | FileCheck %s --check-prefix=CAP
// RUN: not attn-opt %s --attn-attach-target=target=aarch64:+emulated-amx 2>&1 | FileCheck %s --check-prefix=ARM

// CHECK: error: unknown target 'z80', expected host, x86-64, x86-64-v3, x86-64-v4, aarch64, or another CPU that LLVM knows
// NONE: error: unknown target ''
// CAP: error: unknown target 'pentium-of-tomorrow'
// ARM: error: target 'aarch64:+emulated-amx' cannot emulate amx, expected an x86 CPU
module {
}
