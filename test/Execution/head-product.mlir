// RUN: attn-run %s --dim=37 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=0 --compare=reference | FileCheck %s

// Heads that several share, a matrix for all, a batch, and a matrix that is given by its
// columns, with a factor and with a diagonal.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
func.func @products(%a: tensor<2x2x?x13xf32>, %b: tensor<4x13x9xf32>, %c: tensor<4x?x13xf64>, %d: tensor<9x13xf64>,
    %e: tensor<3x7x7xbf16>, %n: tensor<?xf32>) -> (tensor<2x4x?x9xf32>, tensor<4x?x9xf64>, tensor<3x7x7xbf16>) {
  %zero = arith.constant 0 : index
  %rows = tensor.dim %n, %zero : tensor<?xf32>
  %i0 = tensor.empty(%rows) : tensor<2x4x?x9xf32>
  %0 = attn.head_product %a, %b factor(0.5) outs(%i0 : tensor<2x4x?x9xf32>) : tensor<2x2x?x13xf32>, tensor<4x13x9xf32> -> tensor<2x4x?x9xf32>
  %i1 = tensor.empty(%rows) : tensor<4x?x9xf64>
  %1 = attn.head_product %c, %d transposed outs(%i1 : tensor<4x?x9xf64>) : tensor<4x?x13xf64>, tensor<9x13xf64> -> tensor<4x?x9xf64>
  %i2 = tensor.empty() : tensor<3x7x7xbf16>
  %2 = attn.head_product %e, %e transposed factor(-1.0) diagonal(3.0) outs(%i2 : tensor<3x7x7xbf16>) : tensor<3x7x7xbf16>, tensor<3x7x7xbf16> -> tensor<3x7x7xbf16>
  return %0, %1, %2 : tensor<2x4x?x9xf32>, tensor<4x?x9xf64>, tensor<3x7x7xbf16>
}
