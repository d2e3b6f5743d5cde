// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Only the last five queries see anything.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(rows_last<5>)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
