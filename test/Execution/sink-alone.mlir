// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Rows that keep no key: the sink is all there is.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %s: tensor<3xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(empty) sink(%s : tensor<3xf32>)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
