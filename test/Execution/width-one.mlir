// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Keys and values of one number.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x1xf32>, %k: tensor<2x3x?x1xf32>, %v: tensor<2x3x?x1xf32>) -> tensor<2x3x?x1xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<2x3x?x1xf32>, tensor<2x3x?x1xf32>, tensor<2x3x?x1xf32>) -> tensor<2x3x?x1xf32>
  return %o : tensor<2x3x?x1xf32>
}
