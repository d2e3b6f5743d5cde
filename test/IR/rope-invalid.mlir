// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @input_rank(%x: tensor<4x64xf32>, %t: tensor<4x32xf32>) {
  // expected-error @below {{input has rank 2, expected [B, H, M, D] or [H, M, D]}}
  %r = attn.rope %x, %t, %t layout(half) : tensor<4x64xf32>, tensor<4x32xf32>, tensor<4x32xf32>
  return
}

// -----

func.func @table_rank(%x: tensor<8x4x64xf32>, %t: tensor<1x4x32xf32>) {
  // expected-error @below {{cos has rank 3, expected [M, R/2]}}
  %r = attn.rope %x, %t, %t layout(half) : tensor<8x4x64xf32>, tensor<1x4x32xf32>, tensor<1x4x32xf32>
  return
}

// -----

func.func @tables_differ(%x: tensor<8x4x64xf32>, %c: tensor<4x32xf32>, %s: tensor<4x16xf32>) {
  // expected-error @below {{sin has type 'tensor<4x16xf32>', cos has type 'tensor<4x32xf32>': expected them to be equal}}
  %r = attn.rope %x, %c, %s layout(half) : tensor<8x4x64xf32>, tensor<4x32xf32>, tensor<4x16xf32>
  return
}

// -----

func.func @table_type(%x: tensor<8x4x64xf32>, %t: tensor<4x32xf64>) {
  // expected-error @below {{cos has element type 'f64', input has 'f32': expected tables no wider than f32}}
  %r = attn.rope %x, %t, %t layout(half) : tensor<8x4x64xf32>, tensor<4x32xf64>, tensor<4x32xf64>
  return
}

// -----

func.func @length(%x: tensor<2x8x4x64xf32>, %t: tensor<5x32xf32>) {
  // expected-error @below {{cos has extent 5, the length of input has 4: expected them to be equal}}
  %r = attn.rope %x, %t, %t layout(half) : tensor<2x8x4x64xf32>, tensor<5x32xf32>, tensor<5x32xf32>
  return
}

// -----

func.func @too_wide(%x: tensor<8x4x64xf32>, %t: tensor<4x33xf32>) {
  // expected-error @below {{cos has 33 columns, input has width 64: expected at most half of the width}}
  %r = attn.rope %x, %t, %t layout(interleaved) : tensor<8x4x64xf32>, tensor<4x33xf32>, tensor<4x33xf32>
  return
}

// -----

func.func @layout(%x: tensor<8x4x64xf32>, %t: tensor<4x32xf32>) {
  // expected-error @below {{unknown layout 'quarter', expected half or interleaved}}
  %r = attn.rope %x, %t, %t layout(quarter) : tensor<8x4x64xf32>, tensor<4x32xf32>, tensor<4x32xf32>
  return
}
