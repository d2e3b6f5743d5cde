// RUN: not attn-run %s --dim=7 --values=3=3,9 2>&1 | FileCheck %s --check-prefix=BEYOND
// RUN: not attn-run %s --dim=7 --values=3=-1,2 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not attn-run %s --dim=7,2.2=8 --values=3=3 2>&1 | FileCheck %s --check-prefix=ROWS

// What a length says is checked before anything is read.
// BEYOND: error: {{.*}}9
// NEGATIVE: error: {{.*}}-1
// ROWS: error: value has 8 rows, key has 7: expected them to be equal
func.func @padded(%q: tensor<2x3x?x4xf32>, %k: tensor<2x3x?x4xf32>, %v: tensor<2x3x?x4xf32>, %n: tensor<2xi32>) -> tensor<2x3x?x4xf32> {
  %o = attn.sdpa %q, %k, %v mask(lens(%n : tensor<2xi32>))
    : (tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32>
  return %o : tensor<2x3x?x4xf32>
}
