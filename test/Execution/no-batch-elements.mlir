// RUN: attn-run %s --dim=0 --compare=reference | FileCheck %s

// A batch of nothing.
// CHECK: result 0  0x3x9x8xf32
func.func @attention(%q: tensor<?x3x9x8xf32>, %k: tensor<?x3x9x8xf32>, %v: tensor<?x3x9x8xf32>) -> tensor<?x3x9x8xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<?x3x9x8xf32>, tensor<?x3x9x8xf32>, tensor<?x3x9x8xf32>) -> tensor<?x3x9x8xf32>
  return %o : tensor<?x3x9x8xf32>
}
