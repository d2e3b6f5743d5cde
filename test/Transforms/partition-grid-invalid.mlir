// RUN: attn-opt %s --verify-diagnostics --attn-partition-grid

func.func @unplanned(%q: tensor<1x16x64xf32>) -> tensor<1x16x64xf32> {
  // expected-error @below {{has no schedule, expected attn-select-schedule to run before}}
  %o = attn.sdpa %q, %q, %q : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %o : tensor<1x16x64xf32>
}
