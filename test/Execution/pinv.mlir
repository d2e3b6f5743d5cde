// RUN: attn-run %s --dim=9 --compare=reference | FileCheck %s

// Iterations, and elimination, of matrices of any order; a matrix of order 1.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
func.func @pinv(%a: tensor<2x3x?x?xf32>, %b: tensor<3x?x?xf64>, %c: tensor<2x1x1xf32>)
    -> (tensor<2x3x?x?xf32>, tensor<3x?x?xf64>, tensor<2x1x1xf32>) {
  %0 = attn.pinv %a iters(4) : tensor<2x3x?x?xf32>
  %1 = attn.pinv %b solve(lu) : tensor<3x?x?xf64>
  %2 = attn.pinv %c solve(lu) : tensor<2x1x1xf32>
  return %0, %1, %2 : tensor<2x3x?x?xf32>, tensor<3x?x?xf64>, tensor<2x1x1xf32>
}
