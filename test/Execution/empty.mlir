// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Nothing is kept: zeros, and log-sum-exps of minus infinity.
// CHECK: tiles 0 of
// CHECK: result 0: largest error 0,
// CHECK: result 1: largest error 0,
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(empty)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
