// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Without softmax no exponentials are summed.
func.func @unnormalized_sink(%q: tensor<8x16x32xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{has normalize(none) and a sink, expected one of them: without softmax there are no exponentials to sum}}
  %r = attn.sdpa %q, %q, %q sink(%s : tensor<8xf32>) normalize(none)
    : (tensor<8x16x32xf32>, tensor<8x16x32xf32>, tensor<8x16x32xf32>) -> tensor<8x16x32xf32>
  return
}

// -----

func.func @unnormalized_lse(%q: tensor<8x16x32xf32>) {
  // expected-error @below {{has normalize(none) and a log-sum-exp, expected one of them: without softmax there are no exponentials to sum}}
  %r:2 = attn.sdpa %q, %q, %q normalize(none)
    : (tensor<8x16x32xf32>, tensor<8x16x32xf32>, tensor<8x16x32xf32>) -> (tensor<8x16x32xf32>, tensor<8x16xf32>)
  return
}

// -----

func.func @normalize_unknown(%q: tensor<8x16x32xf32>) {
  // expected-error @below {{unknown normalisation 'l1', expected none, or no clause for the softmax}}
  %r = attn.sdpa %q, %q, %q normalize(l1)
    : (tensor<8x16x32xf32>, tensor<8x16x32xf32>, tensor<8x16x32xf32>) -> tensor<8x16x32xf32>
  return
}
