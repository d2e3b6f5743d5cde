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
