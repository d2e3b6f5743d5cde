// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The clauses are checked by the rules of attn.sdpa: one case of each rule here
// shows that attn.weights obeys them.

func.func @query_rank(%q: tensor<4x64xf32>) {
  // expected-error @below {{query has rank 2, expected [B, H, M, D] or [H, M, D]}}
  %p = attn.weights %q, %q : (tensor<4x64xf32>, tensor<4x64xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @heads(%q: tensor<8x4x64xf32>, %k: tensor<3x4x64xf32>) {
  // expected-error @below {{query has 8 heads, key has 3: expected the query heads to be a multiple of the key heads}}
  %p = attn.weights %q, %k : (tensor<8x4x64xf32>, tensor<3x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @width(%q: tensor<8x4x64xf32>, %k: tensor<8x4x32xf32>) {
  // expected-error @below {{key has width 32, query has 64: expected them to be equal}}
  %p = attn.weights %q, %k : (tensor<8x4x64xf32>, tensor<8x4x32xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @batch(%q: tensor<2x8x4x64xf32>, %k: tensor<3x8x4x64xf32>) {
  // expected-error @below {{key has batch size 3, query has 2: expected them to be equal}}
  %p = attn.weights %q, %k : (tensor<2x8x4x64xf32>, tensor<3x8x4x64xf32>) -> tensor<2x8x4x4xf32>
  return
}

// -----

func.func @alignment(%q: tensor<8x4x64xf32>, %k: tensor<8x6x64xf32>) {
  // expected-error @below {{mask depends on the query position and M = 4 may differ from N = 6}}
  %p = attn.weights %q, %k mask(causal) : (tensor<8x4x64xf32>, tensor<8x6x64xf32>) -> tensor<8x4x6xf32>
  return
}

// -----

func.func @scale(%q: tensor<8x4x64xf32>) {
  // expected-error @below {{expected a positive finite number}}
  %p = attn.weights %q, %q scale(-1.0) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @bias(%q: tensor<8x4x64xf32>, %b: tensor<2x4x4xf32>) {
  // expected-error @below {{bias has extent 2 in dimension 0, expected 1 or 8}}
  %p = attn.weights %q, %q bias(%b : tensor<2x4x4xf32>) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @sink(%q: tensor<8x4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @below {{sink has extent 4, the head dimension of query has 8}}
  %p = attn.weights %q, %q sink(%s : tensor<4xf32>) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @program(%q: tensor<8x4x64xf64>) {
  // expected-error @below {{score program takes}}
  %p = attn.weights %q, %q score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %s : f32
  } : (tensor<8x4x64xf64>, tensor<8x4x64xf64>) -> tensor<8x4x4xf64>
  return
}

// -----

func.func @slots(%q: tensor<8x4x64xf32>, %n: tensor<1xi32>) {
  // expected-error @below {{mask names operand slots that do not match its 1 operands}}
  %p = "attn.weights"(%q, %q, %n) <{mask = #attn.causal, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0>}> ({
  }) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<1xi32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @result_shape(%q: tensor<8x4x64xf32>, %k: tensor<8x6x64xf32>) {
  // expected-error @below {{result has type 'tensor<8x4x4xf32>', expected 'tensor<8x4x6xf32>'}}
  %p = attn.weights %q, %k : (tensor<8x4x64xf32>, tensor<8x6x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @result_type(%q: tensor<8x4x64xbf16>) {
  // expected-error @below {{result has type 'tensor<8x4x4xf32>', expected 'tensor<8x4x4xbf16>'}}
  %p = attn.weights %q, %q : (tensor<8x4x64xbf16>, tensor<8x4x64xbf16>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @schedule(%q: tensor<8x4x64xf32>) {
  // expected-error @below {{clause 'schedule' is for attn.sdpa only}}
  %p = attn.weights %q, %q schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @three_operands(%q: tensor<8x4x64xf32>) {
  // expected-error @below {{expected}}
  %p = attn.weights %q, %q, %q : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @int8_without_scale(%q: tensor<8x4x64xf32>, %k: tensor<8x4x64xi8>) {
  // expected-error @below {{key has element type 'i8', expected a clause key_scale}}
  %p = attn.weights %q, %k : (tensor<8x4x64xf32>, tensor<8x4x64xi8>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @scale_of_values(%q: tensor<8x4x64xf32>, %s: tensor<8x4xf32>) {
  // expected-error @below {{clause 'value_scale' is for attn.sdpa only}}
  %p = attn.weights %q, %q value_scale(%s : tensor<8x4xf32>) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

// Weights without softmax are scores, which are no probabilities.
func.func @normalize(%q: tensor<8x16x32xf32>) {
  // expected-error @below {{clause 'normalize' is for attn.sdpa only}}
  %r = attn.weights %q, %q normalize(none) : (tensor<8x16x32xf32>, tensor<8x16x32xf32>) -> tensor<8x16x16xf32>
  return
}
