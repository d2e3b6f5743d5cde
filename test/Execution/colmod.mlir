// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// The last two of every seven keys.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(colmod<7, 2>)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
