// RUN: attn-run %s --dim=300 --dim=0.2=211 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=90 --dim=0.2=1 --compare=reference | FileCheck %s

// Blocks of seven that the lists of blocks tell; the last is ragged.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(block<7, plus_random<2, 9, any(window<1, 1>, cols<1>, rows<1>)>>) align(bottom_right)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
