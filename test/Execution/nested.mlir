// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// A composition three levels deep.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(any(all(near<5>, not(cols<3>)), all(rows_last<4>, not(all(causal, cols_last<9>))))) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
