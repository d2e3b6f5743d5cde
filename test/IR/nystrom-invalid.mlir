// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%q: tensor<9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{query has rank 2, expected [B, H, M, D] or [H, M, D]}}
  %o = attn.nystrom %q, %k, %v landmarks(4) : tensor<9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<9x8xf32>
  return
}

// -----

func.func @heads(%q: tensor<2x4x9x8xf32>, %k: tensor<2x3x7x8xf32>, %v: tensor<2x3x7x8xf32>) {
  // expected-error @below {{query has 4 heads, key has 3: expected the query heads to be a multiple of the key heads}}
  %o = attn.nystrom %q, %k, %v landmarks(4) : tensor<2x4x9x8xf32>, tensor<2x3x7x8xf32>, tensor<2x3x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @no_landmarks(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{has 0 landmarks, expected at least 1}}
  %o = attn.nystrom %q, %k, %v landmarks(0) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @too_many(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{has 8 landmarks, key has 7 rows: expected no more landmarks than rows}}
  %o = attn.nystrom %q, %k, %v landmarks(8) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @few_queries(%q: tensor<2x4x3x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{has 4 landmarks, query has 3 rows: expected no more landmarks than rows}}
  %o = attn.nystrom %q, %k, %v landmarks(4) : tensor<2x4x3x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x3x8xf32>
  return
}

// -----

func.func @iters(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{has iters 0, expected a number from 1 to 100}}
  %o = attn.nystrom %q, %k, %v landmarks(4) iters(0) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @both(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{has both iters and solve, expected one}}
  %o = attn.nystrom %q, %k, %v landmarks(4) iters(6) solve(lu) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @solver(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{unknown solver 'qr', expected lu, or iters(n) in its place}}
  %o = attn.nystrom %q, %k, %v landmarks(4) solve(qr) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @scale(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{scale is 0.000000e+00, expected a positive finite number}}
  %o = attn.nystrom %q, %k, %v landmarks(4) scale(0.0) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @lens_rank(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %n: tensor<2x1xi32>) {
  // expected-error @below {{lens has rank 2, expected one length per batch element}}
  %o = attn.nystrom %q, %k, %v landmarks(4) lens(%n : tensor<2x1xi32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @lens(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{lens has extent 3, the batch dimension of query has 2: expected them to be equal}}
  %o = attn.nystrom %q, %k, %v landmarks(4) lens(%n : tensor<3xi32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @skip_rank(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{skip has rank 1, expected a kernel per head, [H, K]}}
  %o = attn.nystrom %q, %k, %v landmarks(4) skip(%w : tensor<3xf32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @skip_element(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %w: tensor<4x3xf16>) {
  // expected-error @below {{skip has element type 'f16', query has 'f32': expected them to be equal}}
  %o = attn.nystrom %q, %k, %v landmarks(4) skip(%w : tensor<4x3xf16>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @skip_even(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %w: tensor<4x4xf32>) {
  // expected-error @below {{skip has kernels of 4 elements, expected an odd number, whose middle is the row}}
  %o = attn.nystrom %q, %k, %v landmarks(4) skip(%w : tensor<4x4xf32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @skip_heads(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %w: tensor<2x3xf32>) {
  // expected-error @below {{skip has head count 2, query has 4: expected them to be equal}}
  %o = attn.nystrom %q, %k, %v landmarks(4) skip(%w : tensor<2x3xf32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @skip_length(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>, %w: tensor<4x3xf32>) {
  // expected-error @below {{query has length 9, value, along which skip convolves, has 7: expected them to be equal}}
  %o = attn.nystrom %q, %k, %v landmarks(4) skip(%w : tensor<4x3xf32>) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>
  return
}

// -----

func.func @residual(%q: tensor<2x4x9x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>) {
  // expected-error @below {{residual has type 'tensor<2x4xf64>', expected 'tensor<2x4xf32>'}}
  %o, %r = attn.nystrom %q, %k, %v landmarks(4) : tensor<2x4x9x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x9x8xf32>, tensor<2x4xf64>
  return
}
