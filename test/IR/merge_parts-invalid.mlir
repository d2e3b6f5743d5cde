// RUN: attn-opt %s --split-input-file --verify-diagnostics

// A sink joins sums of exponentials, which parts without lses are not.
func.func @sink(%p: tensor<?x8x1x64xf32>, %s: tensor<8xf32>, %o: tensor<8x1x64xf32>) {
  // expected-error @below {{has a sink and no lses of the parts, expected lses, or parts that are only added}}
  %r = attn.merge_parts %p sink(%s : tensor<8xf32>) outs(%o : tensor<8x1x64xf32>) : tensor<?x8x1x64xf32> -> tensor<8x1x64xf32>
  return
}

// -----

func.func @lse(%p: tensor<?x8x1x64xf32>, %o: tensor<8x1x64xf32>, %e: tensor<8x1xf32>) {
  // expected-error @below {{has a log-sum-exp and no lses of the parts, expected lses, or parts that are only added}}
  %r:2 = attn.merge_parts %p outs(%o, %e : tensor<8x1x64xf32>, tensor<8x1xf32>) : tensor<?x8x1x64xf32> -> tensor<8x1x64xf32>, tensor<8x1xf32>
  return
}
