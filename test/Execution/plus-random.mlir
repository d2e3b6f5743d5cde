// RUN: attn-run %s --dim=41 --dim=0.2=37 --values=3=9,30 --compare=reference | FileCheck %s

// Neighbours, and others among the first keys of each batch element.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>, %n: tensor<2xi32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(plus_random<5, 0, window<2, 0>, within lens(%n : tensor<2xi32>)>) align(top_left)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
