// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @query_rank(%q: tensor<16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{query has rank 2, expected [B, H, M, D] or [H, M, D]}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @key_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{key has rank 3, query has rank 4: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @key_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf16>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{key has element type 'f16', query has 'f32': expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf16>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @key_batch(%q: tensor<1x8x16x32xf32>, %k: tensor<2x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{key has batch size 2, query has 1: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<2x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x3x16x32xf32>, %v: tensor<1x3x16x32xf32>) {
  // expected-error @below {{query has 8 heads, key has 3: expected the query heads to be a multiple of the key heads}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x3x16x32xf32>, tensor<1x3x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @no_heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x0x16x32xf32>, %v: tensor<1x0x16x32xf32>) {
  // expected-error @below {{query has 8 heads, key has 0: expected at least one}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x0x16x32xf32>, tensor<1x0x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @key_width(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x64xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{key has width 64, query has 32: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @no_width(%q: tensor<1x8x16x0xf32>, %k: tensor<1x8x16x0xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{query has width 0, expected at least 1}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x0xf32>, tensor<1x8x16x0xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<8x16x32xf32>) {
  // expected-error @below {{value has rank 3, query has rank 4: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf16>) {
  // expected-error @below {{value has element type 'f16', query has 'f32': expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf16>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_length(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x17x32xf32>) {
  // expected-error @below {{value has length 17, key has 16: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x17x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x4x16x32xf32>) {
  // expected-error @below {{value has head count 4, key has 8: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x4x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_batch(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<2x8x16x32xf32>) {
  // expected-error @below {{value has batch size 2, key has 1: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<2x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @out_width(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{result has type 'tensor<1x8x16x64xf32>', expected 'tensor<1x8x16x32xf32>'}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x64xf32>
  return
}

// -----

func.func @out_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{result has type 'tensor<8x16x32xf32>', expected 'tensor<1x8x16x32xf32>'}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<8x16x32xf32>
  return
}

// -----

func.func @out_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{result has type 'tensor<1x8x16x32xf16>', expected 'tensor<1x8x16x32xf32>'}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf16>
  return
}

// -----

func.func @lse_shape(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{log-sum-exp has type 'tensor<1x8x17xf32>', expected 'tensor<1x8x16xf32>'}}
  %r:2 = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> (tensor<1x8x16x32xf32>, tensor<1x8x17xf32>)
  return
}

// -----

func.func @lse_type(%q: tensor<1x8x16x32xf16>, %k: tensor<1x8x16x32xf16>, %v: tensor<1x8x16x32xf16>) {
  // expected-error @below {{log-sum-exp has type 'tensor<1x8x16xf16>', expected 'tensor<1x8x16xf32>'}}
  %r:2 = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf16>, tensor<1x8x16x32xf16>, tensor<1x8x16x32xf16>) -> (tensor<1x8x16x32xf16>, tensor<1x8x16xf16>)
  return
}

// -----

func.func @scale_zero(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{expected a positive finite number}}
  %r = attn.sdpa %q, %k, %v scale(0.0)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_negative(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{expected a positive finite number}}
  %r = attn.sdpa %q, %k, %v scale(-0.5)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_nan(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{expected a positive finite number}}
  %r = attn.sdpa %q, %k, %v scale(0x7FF8000000000000)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_missing(%q: tensor<1x8x16x?xf32>, %k: tensor<1x8x16x?xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{the width of query is dynamic, expected a scale clause}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x?xf32>, tensor<1x8x16x?xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @softcap_zero(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{softcap is}}
  %r = attn.sdpa %q, %k, %v softcap(0.0)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @softcap_negative(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{softcap is}}
  %r = attn.sdpa %q, %k, %v softcap(-30.0)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @sink_heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %s: tensor<4xf32>) {
  // expected-error @below {{sink has extent 4, the head dimension of query has 8: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v sink(%s : tensor<4xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @sink_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8xf32>) {
  // expected-error @below {{sink has rank 2, expected one element per query head}}
  %r = attn.sdpa %q, %k, %v sink(%s : tensor<1x8xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @sink_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %s: tensor<8xf16>) {
  // expected-error @below {{sink has element type 'f16', expected 'f32'}}
  %r = attn.sdpa %q, %k, %v sink(%s : tensor<8xf16>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @offset_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %o: tensor<1x1xi32>) {
  // expected-error @below {{offset has rank 2, expected one element per batch}}
  %r = attn.sdpa %q, %k, %v offset(%o : tensor<1x1xi32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @offset_batch(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %o: tensor<3xi32>) {
  // expected-error @below {{offset has extent 3, the batch dimension of query has 1: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v offset(%o : tensor<3xi32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @align_and_offset(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %o: tensor<1xi32>) {
  // expected-error @below {{has both align and offset, expected one}}
  %r = attn.sdpa %q, %k, %v mask(causal) align(top_left) offset(%o : tensor<1xi32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @bias_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %b: tensor<16x16xf32>) {
  // expected-error @below {{bias has rank 2, query has rank 4: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v bias(%b : tensor<16x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @bias_heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %b: tensor<1x5x16x16xf32>) {
  // expected-error @below {{bias has extent 5 in dimension 1, expected 1 or 8}}
  %r = attn.sdpa %q, %k, %v bias(%b : tensor<1x5x16x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @bias_keys(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %b: tensor<1x1x16x15xf32>) {
  // expected-error @below {{bias has extent 15 in dimension 3, expected 1 or 16}}
  %r = attn.sdpa %q, %k, %v bias(%b : tensor<1x1x16x15xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @bias_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %b: tensor<1x1x16x16xf64>) {
  // expected-error @below {{bias has element type 'f64', expected f32 or that of query, 'f32'}}
  %r = attn.sdpa %q, %k, %v bias(%b : tensor<1x1x16x16xf64>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @align_missing(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x20x32xf32>, %v: tensor<1x8x20x32xf32>) {
  // expected-error @below {{mask depends on the query position and M = 16 may differ from N = 20: expected align(top_left), align(bottom_right) or offset}}
  %r = attn.sdpa %q, %k, %v mask(causal)
    : (tensor<1x8x16x32xf32>, tensor<1x8x20x32xf32>, tensor<1x8x20x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @align_missing_dynamic(%q: tensor<1x8x?x32xf32>, %k: tensor<1x8x?x32xf32>, %v: tensor<1x8x?x32xf32>) {
  // expected-error @below {{M = ? may differ from N = ?}}
  %r = attn.sdpa %q, %k, %v mask(all(cols<4>, window<3, 0>))
    : (tensor<1x8x?x32xf32>, tensor<1x8x?x32xf32>, tensor<1x8x?x32xf32>) -> tensor<1x8x?x32xf32>
  return
}

// -----

func.func @score_arguments(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{score program takes}}
  %r = attn.sdpa %q, %k, %v score(%s: f32, %i: index, %j: index) {
    attn.yield %s : f32
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_argument_type(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{score program takes}}
  %r = attn.sdpa %q, %k, %v score(%s: f16, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %s : f16
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_yields_nothing(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{score program must end in attn.yield of one}}
  %r = attn.sdpa %q, %k, %v score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_yields_index(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{score program must end in attn.yield of one}}
  %r = attn.sdpa %q, %k, %v score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %i : index
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_and_softcap(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{has a score program and softcap: expected the program to contain it}}
  %r = attn.sdpa %q, %k, %v softcap(30.0) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %s : f32
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_and_bias(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %p: tensor<1x1x1x16xf32>) {
  // expected-error @below {{has a score program and bias: expected the program to contain it}}
  %r = attn.sdpa %q, %k, %v bias(%p : tensor<1x1x1x16xf32>) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %s : f32
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_effect(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %m: memref<f32>) {
  // expected-error @below {{score program must have no side effects}}
  %r = attn.sdpa %q, %k, %v score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    // expected-note @below {{this op may have one}}
    memref.store %s, %m[] : memref<f32>
    attn.yield %s : f32
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @score_branch(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %c: i1) {
  // expected-error @below {{score program must be straight-line code}}
  %r = attn.sdpa %q, %k, %v score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    // expected-note @below {{this op has a region}}
    %y = scf.if %c -> f32 { scf.yield %s : f32 } else { scf.yield %s : f32 }
    attn.yield %y : f32
  }
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @unknown_mask(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{unknown mask 'diagonal', expected one of}}
  %r = attn.sdpa %q, %k, %v mask(diagonal)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @clause_twice(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{clause 'align' appears twice, expected at most once}}
  %r = attn.sdpa %q, %k, %v align(top_left) align(top_left)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @unknown_alignment(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{unknown alignment 'center', expected top_left or bottom_right}}
  %r = attn.sdpa %q, %k, %v mask(causal) align(center)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @unknown_clause(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{expected ':'}}
  %r = attn.sdpa %q, %k, %v dropout(0.1)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @unclosed_mask(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{expected ')'}}
  %r = attn.sdpa %q, %k, %v mask(all(causal, full)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @deep_mask(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{masks nest deeper than 64 levels}}
  %r = attn.sdpa %q, %k, %v mask(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(causal)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @two_types(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>) {
  %r = attn.sdpa %q, %k, %v
    // expected-error @below {{expected 3 operand types, got 2}}
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @key_int8_without_scale(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xi8>, %v: tensor<1x8x16x32xf32>) {
  // expected-error @below {{key has element type 'i8', expected a clause key_scale}}
  %r = attn.sdpa %q, %k, %v
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xi8>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @value_float8_without_scale(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf8E4M3FN>, %v: tensor<1x8x16x32xf8E4M3FN>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{value has element type 'f8E4M3FN', expected a clause value_scale}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf8E4M3FN>, tensor<1x8x16x32xf8E4M3FN>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @other_type_with_scale(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xbf16>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{key has element type 'bf16', query has 'f32': expected them to be equal, or i8 or f8E4M3FN with key_scale}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xbf16>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @quantised_beside_f64(%q: tensor<1x8x16x32xf64>, %k: tensor<1x8x16x32xf64>, %v: tensor<1x8x16x32xf8E4M3FN>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{value has element type 'f8E4M3FN', query has 'f64': expected f32, f16 or bf16 to go with it}}
  %r = attn.sdpa %q, %k, %v value_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xf64>, tensor<1x8x16x32xf64>, tensor<1x8x16x32xf8E4M3FN>) -> tensor<1x8x16x32xf64>
  return
}

// -----

func.func @scale_rank(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xi8>, %v: tensor<1x8x16x32xf32>, %s: tensor<8x16xf32>) {
  // expected-error @below {{key_scale has rank 2, key has rank 4: expected one less}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xi8>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_type(%q: tensor<1x8x16x32xbf16>, %k: tensor<1x8x16x32xbf16>, %v: tensor<1x8x16x32xi8>, %s: tensor<1x8x16xbf16>) {
  // expected-error @below {{value_scale has element type 'bf16', expected 'f32'}}
  %r = attn.sdpa %q, %k, %v value_scale(%s : tensor<1x8x16xbf16>)
    : (tensor<1x8x16x32xbf16>, tensor<1x8x16x32xbf16>, tensor<1x8x16x32xi8>) -> tensor<1x8x16x32xbf16>
  return
}

// -----

func.func @scale_batch(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xi8>, %v: tensor<1x8x16x32xf32>, %s: tensor<2x8x16xf32>) {
  // expected-error @below {{key_scale has batch size 2, key has 1: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<2x8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xi8>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_heads(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf8E4M3FN>, %s: tensor<1x1x16xf32>) {
  // expected-error @below {{value_scale has head count 1, value has 8: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v value_scale(%s : tensor<1x1x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf8E4M3FN>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_length(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf32>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8x15xf32>) {
  // expected-error @below {{key_scale has length 15, key has 16: expected them to be equal}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x15xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @scale_twice(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xi8>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{clause 'key_scale' appears twice, expected at most once}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x16xf32>) key_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xi8>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

func.func @quantised_query(%q: tensor<1x8x16x32xi8>, %k: tensor<1x8x16x32xi8>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit float or 64-bit float or 16-bit float or bfloat16 type values}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xi8>, tensor<1x8x16x32xi8>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xi8>
  return
}

// -----

func.func @other_float8(%q: tensor<1x8x16x32xf32>, %k: tensor<1x8x16x32xf8E5M2>, %v: tensor<1x8x16x32xf32>, %s: tensor<1x8x16xf32>) {
  // expected-error @below {{operand #1 must be ranked tensor of 32-bit float or 64-bit float or 16-bit float or bfloat16 type or 8-bit signless integer or f8E4M3FN type values}}
  %r = attn.sdpa %q, %k, %v key_scale(%s : tensor<1x8x16xf32>)
    : (tensor<1x8x16x32xf32>, tensor<1x8x16x32xf8E5M2>, tensor<1x8x16x32xf32>) -> tensor<1x8x16x32xf32>
  return
}

// -----

// Row j of projected keys is no key at position j: what is later has been mixed in.
func.func @positions_of_mixtures(%q: tensor<2x4x8xf32>, %k: tensor<2x9x8xf32>, %e: tensor<4x9xf32>) {
  // expected-note @below {{the keys are made here}}
  %p = attn.compress %k matrix(%e : tensor<4x9xf32>) : tensor<2x9x8xf32> -> tensor<2x4x8xf32>
  // expected-error @below {{mask depends on the query position, but row j of these keys is no key at position j: it mixes keys of many positions, later ones too; expected a mask without positions}}
  %o = attn.sdpa %q, %p, %p mask(causal) : (tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return
}
