// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<5x16xf32>, %w: tensor<16x8xf32>, %a: tensor<2x5x8xf32>) {
  // expected-error @below {{rows have rank 2, expected [B, M, C] or [B, G, M, E]}}
  %y = attn.product %x by (%w : tensor<16x8xf32>) outs(%a : tensor<2x5x8xf32>) : tensor<5x16xf32> -> tensor<2x5x8xf32>
  return
}

// -----

func.func @integers(%x: tensor<2x5x16xi32>, %w: tensor<16x8xi32>, %a: tensor<2x5x8xi32>) {
  // expected-error @below {{rows have element type 'i32', expected a float type}}
  %y = attn.product %x by (%w : tensor<16x8xi32>) outs(%a : tensor<2x5x8xi32>) : tensor<2x5x16xi32> -> tensor<2x5x8xi32>
  return
}

// -----

func.func @weight_type(%x: tensor<2x5x16xf32>, %w: tensor<16x8xf16>, %a: tensor<2x5x8xf32>) {
  // expected-error @below {{weight has element type 'f16', rows have 'f32': expected them to be equal}}
  %y = attn.product %x by (%w : tensor<16x8xf16>) outs(%a : tensor<2x5x8xf32>) : tensor<2x5x16xf32> -> tensor<2x5x8xf32>
  return
}

// -----

func.func @weight_rank(%x: tensor<2x5x16xf32>, %w: tensor<1x16x8xf32>, %a: tensor<2x5x8xf32>) {
  // expected-error @below {{weight has rank 3, expected a matrix}}
  %y = attn.product %x by (%w : tensor<1x16x8xf32>) outs(%a : tensor<2x5x8xf32>) : tensor<2x5x16xf32> -> tensor<2x5x8xf32>
  return
}

// -----

// The width of heads together is what counts.
func.func @depth(%x: tensor<2x4x5x4xf32>, %w: tensor<20x8xf32>, %a: tensor<2x5x8xf32>) {
  // expected-error @below {{weight has row count 20, the width of rows has 16: expected them to be equal}}
  %y = attn.product %x by (%w : tensor<20x8xf32>) outs(%a : tensor<2x5x8xf32>) : tensor<2x4x5x4xf32> -> tensor<2x5x8xf32>
  return
}

// -----

func.func @columns(%x: tensor<2x5x16xf32>, %w: tensor<16x8xf32>, %a: tensor<2x5x9xf32>) {
  // expected-error @below {{out has column count 9, weight has 8: expected them to be equal}}
  %y = attn.product %x by (%w : tensor<16x8xf32>) outs(%a : tensor<2x5x9xf32>) : tensor<2x5x16xf32> -> tensor<2x5x9xf32>
  return
}
