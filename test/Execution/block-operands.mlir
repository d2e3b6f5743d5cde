// RUN: attn-run %s --dim=41 --dim=0.2=37,3.0=9 --values=3=0,2,1,1,1,2,0,1,0 --values=4=0,2,2,6 --compare=reference | FileCheck %s

// Operands of masks on blocks have an element for each block.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %seg: tensor<?xi32>, %cu: tensor<4xi32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(block<5, any(same(%seg : tensor<?xi32>), docs(%cu : tensor<4xi32>))>)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
