// RUN: attn-run %s --dim=41 --dim=0.2=37 --values=3=17,41 --compare=reference | FileCheck %s

// The blocks in which a mask keeps a pair, and the mask on them, are the mask.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %n: tensor<2xi32>) -> tensor<2x3x?x8xf32> {
  %c2 = arith.constant 2 : index
  %rows = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %cols = tensor.dim %k, %c2 : tensor<2x3x?x8xf32>
  %m = attn.block_map mask(all(near<7>, lens(%n : tensor<2xi32>))) shape(%rows, %cols) tile(16, 8)
    batch(%c2) align(bottom_right) : !attn.blocks<16, 8>
  %o = attn.sdpa %q, %k, %v
    mask(all(near<7>, lens(%n : tensor<2xi32>), blocks(%m : !attn.blocks<16, 8>))) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
