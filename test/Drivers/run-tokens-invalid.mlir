// RUN: not attn-run %s --dim=7,3.0=3 --values=3=1,2,3 2>&1 | FileCheck %s --check-prefix=FEWER
// RUN: not attn-run %s --dim=7,3.0=8 --values=3=1,2,3,4,5,6,7,8 2>&1 | FileCheck %s --check-prefix=MORE
// RUN: not attn-run %s --dim=7,0.2=9 --values=3=1,2,3,4,5,6,7 2>&1 | FileCheck %s --check-prefix=ROWS

// A number for each token is checked before anything is read.
// FEWER: error: operand of mask same has 3 elements, expected one for each of 7 keys
// MORE: error: operand of mask same has 8 elements, expected one for each of 7 keys
// ROWS: error: mask same reads an element for each of 9 queries, its operand has 7: expected no fewer
func.func @clusters(%q: tensor<2x3x?x4xf32>, %k: tensor<2x3x?x4xf32>, %v: tensor<2x3x?x4xf32>, %n: tensor<?xi32>) -> tensor<2x3x?x4xf32> {
  %o = attn.sdpa %q, %k, %v mask(same(%n : tensor<?xi32>))
    : (tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32>
  return %o : tensor<2x3x?x4xf32>
}
