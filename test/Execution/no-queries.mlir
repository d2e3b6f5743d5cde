// RUN: attn-run %s --dim=0.2=0,1.2=9,2.2=9 --compare=reference | FileCheck %s

// No queries: an empty result.
// CHECK: result 0  2x3x0x8xf32
// CHECK: result 0: largest error 0,
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
