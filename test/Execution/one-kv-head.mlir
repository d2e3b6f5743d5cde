// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Eight query heads on one head of keys and values.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x8x?x8xf32>, %k: tensor<2x1x?x8xf32>, %v: tensor<2x1x?x8xf32>) -> tensor<2x8x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<2x8x?x8xf32>, tensor<2x1x?x8xf32>, tensor<2x1x?x8xf32>) -> tensor<2x8x?x8xf32>
  return %o : tensor<2x8x?x8xf32>
}
