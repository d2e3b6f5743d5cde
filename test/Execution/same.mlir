// RUN: attn-run %s --dim=41 --dim=0.2=37 --values=3=1,0,2,0,3,3,3,3,1,0,3,0,3,3,0,3,2,1,0,2,0,0,0,0,3,1,3,0,1,3,3,1,2,1,1,3,2,0,3,0,1 --compare=reference | FileCheck %s

// Tokens of four clusters.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %seg: tensor<?xi32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(same(%seg : tensor<?xi32>))
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
