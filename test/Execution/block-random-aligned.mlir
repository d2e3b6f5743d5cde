// RUN: attn-run %s --dim=700 --dim=0.2=650 --compare=reference | FileCheck %s

// Blocks of 64 keys and queries: the list takes the place of the mask.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(block<64, plus_random<2, 9, any(window<1, 1>, cols<1>, rows<1>)>>) align(top_left)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
