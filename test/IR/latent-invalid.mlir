// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%a: tensor<4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{q_nope has rank 3, expected [B, H, M, n]}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @latent_rank(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x1x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{latent has rank 4, expected [B, N, dc]}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x1x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @element(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf16>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{w_uk has element type 'f16', q_nope has 'f32': expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf16>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @no_heads(%a: tensor<2x0x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{q_nope has extent 0 in dimension 1, expected at least 1}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x0x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

// Without the clause rope, the last columns of latent are the rotated part of keys.
func.func @narrow(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x6xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{latent has width 6, the last 6 of which are the rotated part: expected at least one more}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x6xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @batch(%a: tensor<2x4x5x8xf32>, %b: tensor<3x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{q_rope has batch size 3, q_nope has 2: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<3x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @heads(%a: tensor<2x4x5x8xf32>, %b: tensor<2x2x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{q_rope has head count 2, q_nope has 4: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x2x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @length(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x4x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{q_rope has length 4, q_nope has 5: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x4x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @latent_batch(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<1x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{latent has batch size 1, q_nope has 2: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<1x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @uk_heads(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<2x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{w_uk has head count 2, q_nope has 4: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<2x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @uv_heads(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<2x10x12xf32>) {
  // expected-error @below {{w_uv has head count 2, q_nope has 4: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<2x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @uk_width(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x9xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{w_uk has column count 9, the width of q_nope has 8: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x9xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @uk_rows(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x11x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{w_uk has row count 11, the latent part has 10: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x11x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @uv_rows(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x16x12xf32>) {
  // expected-error @below {{w_uv has row count 16, the latent part has 10: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x16x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @rope_length(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x10xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>, %k: tensor<2x6x6xf32>) {
  // expected-error @below {{rope has length 6, latent has 7: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e rope(%k : tensor<2x6x6xf32>) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @rope_width(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x10xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>, %k: tensor<2x7x5xf32>) {
  // expected-error @below {{rope has width 5, q_rope has 6: expected them to be equal}}
  %o = attn.latent %a, %b, %c, %d, %e rope(%k : tensor<2x7x5xf32>) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @result(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{result has type 'tensor<2x4x5x8xf32>', expected 'tensor<2x4x5x12xf32>'}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @scale(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{scale is -1.000000e+00, expected a positive finite number}}
  %o = attn.latent %a, %b, %c, %d, %e scale(-1.0) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @no_scale(%a: tensor<2x4x5x?xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{the width of q_nope and q_rope is dynamic, expected a scale clause to stand for its default}}
  %o = attn.latent %a, %b, %c, %d, %e : tensor<2x4x5x?xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @align(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{mask depends on the query position and M = 5 may differ from N = 7: expected align(top_left), align(bottom_right) or offset(…)}}
  %o = attn.latent %a, %b, %c, %d, %e mask(causal) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @unknown_align(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{unknown alignment 'left', expected top_left or bottom_right}}
  %o = attn.latent %a, %b, %c, %d, %e align(left) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @form(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{unknown form 'naive', expected absorbed or expanded}}
  %o = attn.latent %a, %b, %c, %d, %e form(naive) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @twice(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>) {
  // expected-error @below {{clause 'form' appears twice, expected at most once}}
  %o = attn.latent %a, %b, %c, %d, %e form(absorbed) form(expanded) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @mask(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x16xf32>, %d: tensor<4x10x8xf32>, %e: tensor<4x10x12xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{operand of mask lens has 3 elements, expected 1 or B = 2}}
  %o = attn.latent %a, %b, %c, %d, %e mask(lens(%n : tensor<3xi32>)) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return
}

// -----

func.func @types(%a: tensor<2x4x5x8xf32>) {
  // expected-error @below {{expected 5 operand types, got 1}}
  %o = attn.latent %a, %a, %a, %a, %a : tensor<2x4x5x8xf32> -> tensor<2x4x5x8xf32>
  return
}
