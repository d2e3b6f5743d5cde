// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%q: tensor<5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{query has rank 2, expected [B, H, M, D] or [H, M, D]}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @ranks(%q: tensor<2x4x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{key has rank 3, query has rank 4: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @element(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf16>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{value has element type 'f16', query has 'f32': expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf16>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @batch(%q: tensor<2x4x5x8xf32>, %k: tensor<3x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{key has batch size 3, query has 2: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<3x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @no_heads(%q: tensor<2x4x5x8xf32>, %k: tensor<2x0x7x8xf32>, %v: tensor<2x0x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{query has 4 heads, key has 0: expected at least one}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x0x7x8xf32>, tensor<2x0x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @heads(%q: tensor<2x4x5x8xf32>, %k: tensor<2x3x7x8xf32>, %v: tensor<2x3x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{query has 4 heads, key has 3: expected the query heads to be a multiple of the key heads}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x3x7x8xf32>, tensor<2x3x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @width(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x9xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{key has width 9, query has 8: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x9xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @length(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x6x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{value has length 6, key has 7: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x6x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @no_width(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x0xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{value has width 0, expected at least 1}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x0xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x0xf32>
  return
}

// -----

func.func @result(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{result has type 'tensor<2x4x5x9xf32>', expected 'tensor<2x4x5x8xf32>'}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x9xf32>
  return
}

// -----

func.func @scale(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{scale is -1.000000e+00, expected a positive finite number}}
  %o = attn.linformer %q, %k, %v, %e, %f scale(-1.0) : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @no_scale(%q: tensor<2x4x5x?xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{the width of query is dynamic, expected a scale clause to stand for its default}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x?xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @projection_rank(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<9xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{key_projection has rank 1, expected [r, L] or [Hp, r, L]}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<9xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @projection_element(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<3x9xf64>) {
  // expected-error @below {{value_projection has element type 'f64', query has 'f32': expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<3x9xf64> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @no_rows(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<0x9xf32>, %f: tensor<0x9xf32>) {
  // expected-error @below {{key_projection has 0 rows, expected at least one projected key}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<0x9xf32>, tensor<0x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

// An input may be shorter than its projection, but not longer.
func.func @longer(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x6xf32>, %f: tensor<3x9xf32>) {
  // expected-error @below {{key_projection has 6 columns, key has 7 rows: expected no more rows}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x6xf32>, tensor<3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @projection_heads(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x3x9xf32>, %f: tensor<3x3x9xf32>) {
  // expected-error @below {{key_projection has 3 heads, query has 4, key has 2: expected a multiple of those of key that divides those of query}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x3x9xf32>, tensor<3x3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @projection_ranks(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<2x3x9xf32>) {
  // expected-error @below {{key_projection has rank 2, value_projection has rank 3: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<2x3x9xf32> -> tensor<2x4x5x8xf32>
  return
}

// -----

func.func @projection_rows(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %e: tensor<3x9xf32>, %f: tensor<4x9xf32>) {
  // expected-error @below {{value_projection has row count 4, key_projection has 3: expected them to be equal}}
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<2x4x5x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32>, tensor<3x9xf32>, tensor<4x9xf32> -> tensor<2x4x5x8xf32>
  return
}
