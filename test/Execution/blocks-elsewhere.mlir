// RUN: attn-run %s --dim=41 --dim=0.2=33 --values=3=0,2,3,4 --values=4=0,5,2,1 --compare=reference | FileCheck %s

// A list under `not` is looked up pair by pair.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x2x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>, %r: tensor<1x1x4xi32>, %c: tensor<4xi32>) -> tensor<2x2x?x8xf32> {
  %m = attn.block_list %r, %c : tensor<1x1x4xi32>, tensor<4xi32> -> !attn.blocks<16, 7>
  %o = attn.sdpa %q, %k, %v mask(any(not(blocks(%m : !attn.blocks<16, 7>)), causal)) align(bottom_right)
    : (tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x2x?x8xf32>
  return %o : tensor<2x2x?x8xf32>
}
