// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s

// Rank 3.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<3x?x8xf32>, %k: tensor<3x?x8xf32>, %v: tensor<3x?x8xf32>) -> (tensor<3x?x8xf32>, tensor<3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<3x?x8xf32>, tensor<3x?x8xf32>, tensor<3x?x8xf32>) -> (tensor<3x?x8xf32>, tensor<3x?xf32>)
  return %o, %lse : tensor<3x?x8xf32>, tensor<3x?xf32>
}
