// RUN: attn-run %s --dim=120 --compare=reference | FileCheck %s

// A video of 4 x 6 x 5 points, causal in time, cut off at borders.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(grid<[4, 6, 5], [all(causal, window<2, 0>), window<1, 1>, near<3>]>) align(top_left)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
