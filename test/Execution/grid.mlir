// RUN: attn-run %s --dim=63 --dim=0.2=63 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=63 --dim=0.2=20 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=63 --dim=0.2=70 --compare=reference | FileCheck %s

// Neighbourhoods of an image of 7 x 9 points; all queries, the last ones, more than there are points.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(grid<[7, 9], [near<3>, near<5>]>) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
