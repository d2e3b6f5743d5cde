// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Attention by ReLU (arXiv:2309.08586) under a union of masks.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v normalize(none) scale(0.01) mask(any(cols<3>, window<5, 5>)) align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %zero = arith.constant 0.0 : f32
      %y = arith.maximumf %s, %zero : f32
      attn.yield %y : f32
    }
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
