// RUN: attn-run %s --dim=41 --dim=3.2=6 --dim=3.3=11 --compare=reference | FileCheck %s

// Attention to the blocks with the highest scores, chosen in the kernel itself.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>, %s: tensor<2x4x?x?xf32>) -> tensor<2x4x?x8xf32> {
  %c2 = arith.constant 2 : index
  %m = tensor.dim %q, %c2 : tensor<2x4x?x8xf32>
  %n = tensor.dim %k, %c2 : tensor<2x2x?x8xf32>
  %past = attn.block_map mask(causal) shape(%m, %n) tile(7, 4) : !attn.blocks<7, 4, 2>
  %list = attn.select %s shape(%m, %n) k(3) initial(1) local(1)
    among(%past : !attn.blocks<7, 4, 2>) : tensor<2x4x?x?xf32> -> !attn.blocks<7, 4, 2>
  %o = attn.sdpa %q, %k, %v mask(all(blocks(%list : !attn.blocks<7, 4, 2>), causal)) align(top_left)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
