// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=8 --compare=reference | FileCheck %s

// Segments of unequal numbers of rows, and of one row each; the residual; both solvers; no batch.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
// CHECK: result 3: largest error
func.func @nystrom(%q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x20xf32>,
    %w: tensor<4x5xf32>, %x: tensor<3x?x8xbf16>, %y: tensor<2x?x4xf64>)
    -> (tensor<2x4x?x20xf32>, tensor<2x4xf32>, tensor<3x?x8xbf16>, tensor<2x?x4xf64>) {
  %0, %1 = attn.nystrom %q, %k, %v landmarks(8) iters(6) skip(%w : tensor<4x5xf32>)
    : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x20xf32> -> tensor<2x4x?x20xf32>, tensor<2x4xf32>
  %2 = attn.nystrom %x, %x, %x landmarks(4) scale(0.5) : tensor<3x?x8xbf16>, tensor<3x?x8xbf16>, tensor<3x?x8xbf16> -> tensor<3x?x8xbf16>
  %3 = attn.nystrom %y, %y, %y landmarks(5) solve(lu) : tensor<2x?x4xf64>, tensor<2x?x4xf64>, tensor<2x?x4xf64> -> tensor<2x?x4xf64>
  return %0, %1, %2, %3 : tensor<2x4x?x20xf32>, tensor<2x4xf32>, tensor<3x?x8xbf16>, tensor<2x?x4xf64>
}
