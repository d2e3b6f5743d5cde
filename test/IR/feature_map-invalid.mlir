// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Kinds have names.
func.func @case(%x: tensor<8x?x64xf32>) {
  // expected-error@below {{unknown feature map 'gelu', expected relu, elu1, exp, softmax, hedgehog, cos, taylor2, favor or pointwise}}
  %f = attn.feature_map gelu %x : tensor<8x?x64xf32>
  return
}

// -----

// Random features need their matrix and their side.
func.func @case(%x: tensor<8x?x64xf32>) {
  // expected-error@below {{kind favor needs features(...) and role(...)}}
  %f = attn.feature_map favor %x : tensor<8x?x64xf32>
  return
}

// -----

// Others take none.
func.func @case(%x: tensor<8x?x64xf32>, %w: tensor<4x64xf32>) {
  // expected-error@below {{kind relu takes no features(...) and no role(...), which favor has}}
  %f = attn.feature_map relu %x features(%w : tensor<4x64xf32>) : tensor<8x?x64xf32>
  return
}

// -----

// Sides are two.
func.func @case(%x: tensor<8x?x64xf32>, %w: tensor<4x64xf32>) {
  // expected-error@below {{unknown role 'value', expected query or key}}
  %f = attn.feature_map favor %x features(%w : tensor<4x64xf32>) role(value) : tensor<8x?x64xf32> -> tensor<8x?x4xf32>
  return
}

// -----

// Rows of omega are as wide as the input.
func.func @case(%x: tensor<8x?x64xf32>, %w: tensor<4x32xf32>) {
  // expected-error@below {{features has type 'tensor<4x32xf32>', expected a static tensor<mx64x'f32'>}}
  %f = attn.feature_map favor %x features(%w : tensor<4x32xf32>) role(key) : tensor<8x?x64xf32> -> tensor<8x?x4xf32>
  return
}

// -----

// Angles need a length.
func.func @case(%x: tensor<8x?x64xf32>) {
  // expected-error@below {{kind cos needs length(...)}}
  %f = attn.feature_map cos %x : tensor<8x?x64xf32> -> tensor<8x?x128xf32>
  return
}

// -----

// Two features for each element.
func.func @case(%x: tensor<8x?x64xf32>) {
  // expected-error@below {{result has type 'tensor<8x?x64xf32>', expected 'tensor<8x?x128xf32>'}}
  %f = attn.feature_map hedgehog %x : tensor<8x?x64xf32>
  return
}

// -----

// Widths are static.
func.func @case(%x: tensor<8x?x?xf32>) {
  // expected-error@below {{input has type 'tensor<8x?x?xf32>', expected a static width of at least 1}}
  %f = attn.feature_map relu %x : tensor<8x?x?xf32>
  return
}

// -----

// A program is what pointwise is.
func.func @case(%x: tensor<8x?x64xf32>) {
  // expected-error@below {{kind pointwise needs a program on an element}}
  %f = attn.feature_map pointwise %x : tensor<8x?x64xf32>
  return
}

// -----

// A program is arithmetic.
func.func @case(%x: tensor<8x?x64xf32>, %w: tensor<4xf32>) {
  // expected-error@below {{the program has 'tensor.extract', expected arithmetic on numbers}}
  %f = attn.feature_map pointwise %x : tensor<8x?x64xf32> {
  ^bb0(%e: f32):
    %c = arith.constant 0 : index
    %d = tensor.extract %w[%c] : tensor<4xf32>
    attn.yield %d : f32
  }
  return
}
