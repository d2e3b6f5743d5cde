// RUN: not attn-run %s --dim=7 --compare=reference 2>%t.err | FileCheck %s --check-prefix=REPORT
// RUN: FileCheck %s < %t.err

// Scores that only f64 can hold: the oracle disagrees, and the first element that
// is off is named.
// REPORT: result 0: largest error nan, allowed
// CHECK: error: result 0 differs from the reference: element [0, {{[0-9]}}, 0] is {{.*}}, expected
func.func @scores_too_large(%q: tensor<1x?x8xf32>, %k: tensor<1x?x8xf32>, %v: tensor<1x?x8xf32>) -> tensor<1x?x8xf32> {
  %o = attn.sdpa %q, %k, %v scale(1.0e38)
    : (tensor<1x?x8xf32>, tensor<1x?x8xf32>, tensor<1x?x8xf32>) -> tensor<1x?x8xf32>
  return %o : tensor<1x?x8xf32>
}
