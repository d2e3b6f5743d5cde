// RUN: attn-opt %s --attn-partition-scans --verify-diagnostics

// How tokens are cut is decided before.
func.func @unplanned(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  // expected-error@below {{has no schedule, expected attn-select-schedule to run before}}
  %o = attn.linear %q, %q, %q causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
