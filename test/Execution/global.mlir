// RUN: attn-run %s --dim=41 --dim=0.2=37 --values=3=1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1 --compare=reference | FileCheck %s

// Three marked tokens, and neighbours.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %flag: tensor<?xi32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(any(window<2, 2>, global(%flag : tensor<?xi32>))) align(top_left)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
