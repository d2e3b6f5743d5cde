// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<9x8xf32>) {
  // expected-error @below {{input has rank 2, expected [B, H, N, D] or [H, N, D]}}
  %c = attn.compress %x length(4) stride(4) : tensor<9x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @length(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has length 0, expected a number from 1 to 2147483647}}
  %c = attn.compress %x length(0) stride(4) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @stride(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has stride -1, expected a number from 1 to 2147483647}}
  %c = attn.compress %x length(4) stride(-1) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @rows(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{result has type 'tensor<2x3x8xf32>', expected 'tensor<2x2x8xf32>'}}
  %c = attn.compress %x length(4) stride(4) : tensor<2x9x8xf32> -> tensor<2x3x8xf32>
  return
}

// -----

func.func @rows_unknown(%x: tensor<2x?x8xf32>) {
  // expected-error @below {{result has type 'tensor<2x3x8xf32>', expected 'tensor<2x?x8xf32>'}}
  %c = attn.compress %x length(4) stride(4) : tensor<2x?x8xf32> -> tensor<2x3x8xf32>
  return
}

// -----

func.func @element(%x: tensor<2x9x8xf16>) {
  // expected-error @below {{result has type 'tensor<2x2x8xf32>', expected 'tensor<2x2x8xf16>'}}
  %c = attn.compress %x length(4) stride(4) : tensor<2x9x8xf16> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @no_kind(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has 0 kinds of rows, expected one of length and stride, segment_mean, and matrix}}
  %c = attn.compress %x  : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @two_kinds(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has 2 kinds of rows, expected one of length and stride, segment_mean, and matrix}}
  %c = attn.compress %x length(4) stride(4) segment_mean(2) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @no_stride(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has only one of length and stride, expected both or neither}}
  %c = attn.compress %x length(4) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @lens_alone(%x: tensor<2x9x8xf32>, %n: tensor<1xi32>) {
  // expected-error @below {{has lens, expected segment_mean with it}}
  %c = attn.compress %x length(4) stride(4) lens(%n : tensor<1xi32>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @segments(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has segment_mean 0, expected a number from 1 to 2147483647}}
  %c = attn.compress %x segment_mean(0) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @many_segments(%x: tensor<2x9x8xf32>) {
  // expected-error @below {{has 10 segments of 9 rows, expected no more segments than rows}}
  %c = attn.compress %x segment_mean(10) : tensor<2x9x8xf32> -> tensor<2x10x8xf32>
  return
}

// -----

func.func @lens_rank(%x: tensor<2x9x8xf32>, %n: tensor<1x1xi32>) {
  // expected-error @below {{lens has rank 2, expected one length per batch element}}
  %c = attn.compress %x segment_mean(2) lens(%n : tensor<1x1xi32>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @lens(%x: tensor<2x9x8xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{lens has extent 3, the batch dimension of input has 1: expected them to be equal}}
  %c = attn.compress %x segment_mean(2) lens(%n : tensor<3xi32>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @matrix_rank(%x: tensor<2x9x8xf32>, %e: tensor<9xf32>) {
  // expected-error @below {{matrix has rank 1, expected [r, L] or [Hp, r, L]}}
  %c = attn.compress %x matrix(%e : tensor<9xf32>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @matrix_element(%x: tensor<2x9x8xf32>, %e: tensor<2x9xf64>) {
  // expected-error @below {{matrix has element type 'f64', input has 'f32': expected them to be equal}}
  %c = attn.compress %x matrix(%e : tensor<2x9xf64>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @matrix_columns(%x: tensor<2x9x8xf32>, %e: tensor<2x8xf32>) {
  // expected-error @below {{matrix has 8 columns, input has 9 rows: expected no more rows}}
  %c = attn.compress %x matrix(%e : tensor<2x8xf32>) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  return
}

// -----

func.func @matrix_heads(%x: tensor<2x9x8xf32>, %e: tensor<3x2x9xf32>) {
  // expected-error @below {{matrix has 3 heads, input has 2: expected a multiple}}
  %c = attn.compress %x matrix(%e : tensor<3x2x9xf32>) : tensor<2x9x8xf32> -> tensor<3x2x8xf32>
  return
}
