// RUN: attn-run %s --dim=41 --dim=0.2=2 --compare=reference | FileCheck %s

// Heads that share keys and are folded together see keys of their own.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(per_head[causal, window<3, 0>, empty, cols<9>]) align(bottom_right)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
