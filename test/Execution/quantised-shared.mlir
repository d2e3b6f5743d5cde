// RUN: attn-run %s --dim=157 --dim=0.1=7 --compare=reference | FileCheck %s

// Keys and values are one tensor but for their scales, of which the values have none.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x?x16xf32>, %k: tensor<2x?x16xf32>, %s: tensor<2x?xf32>) -> tensor<2x?x16xf32> {
  %o = attn.sdpa %q, %k, %k key_scale(%s : tensor<2x?xf32>)
    : (tensor<2x?x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>) -> tensor<2x?x16xf32>
  return %o : tensor<2x?x16xf32>
}
