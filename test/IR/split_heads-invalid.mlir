// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<5x16xf32>) {
  // expected-error @below {{rows have rank 2, expected [B, M, H * D]}}
  %q = attn.split_heads %x heads(8) : tensor<5x16xf32> -> tensor<1x8x5x2xf32>
  return
}

// -----

func.func @no_heads(%x: tensor<2x5x16xf32>) {
  // expected-error @below {{has heads 0, expected at least 1}}
  %q = attn.split_heads %x heads(0) : tensor<2x5x16xf32> -> tensor<2x0x5x2xf32>
  return
}

// -----

func.func @width(%x: tensor<2x5x16xf32>) {
  // expected-error @below {{rows have width 16, expected a multiple of heads = 3}}
  %q = attn.split_heads %x heads(3) : tensor<2x5x16xf32> -> tensor<2x3x5x5xf32>
  return
}

// -----

func.func @result(%x: tensor<2x5x16xf32>) {
  // expected-error @below {{result has type 'tensor<2x4x5x5xf32>', expected 'tensor<2x4x5x4xf32>'}}
  %q = attn.split_heads %x heads(4) : tensor<2x5x16xf32> -> tensor<2x4x5x5xf32>
  return
}
