// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// A bias a key, under a mask.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %b: tensor<1x1x1x?xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(top_left) bias(%b : tensor<1x1x1x?xf32>)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
