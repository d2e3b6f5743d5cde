// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @no_parts() {
  // expected-error @below {{expected '('}}
  %r:2 = attn.merge : tensor<8x4x64xf32>, tensor<8x4xf32>
  return
}

// -----

func.func @half_a_part(%o: tensor<8x4x64xf32>, %l: tensor<8x4xf32>) {
  // expected-error @below {{expected ','}}
  %r:2 = attn.merge (%o, %l), (%o) : tensor<8x4x64xf32>, tensor<8x4xf32>
  return
}

// -----

func.func @parts_of_no_use() {
  // expected-error @below {{has no parts, expected at least one}}
  %r:2 = "attn.merge"() : () -> (tensor<8x4x64xf32>, tensor<8x4xf32>)
  return
}

// -----

func.func @odd_operands(%o: tensor<8x4x64xf32>, %l: tensor<8x4xf32>) {
  // expected-error @below {{expected}}
  %r:2 = "attn.merge"(%o, %o, %l) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4xf32>) -> (tensor<8x4x64xf32>, tensor<8x4xf32>)
  return
}

// -----

func.func @part_type(%o: tensor<8x4x64xf32>, %p: tensor<8x4x32xf32>, %l: tensor<8x4xf32>) {
  // expected-error @below {{part 1 has type 'tensor<8x4x32xf32>', the result has type 'tensor<8x4x64xf32>': expected them to be equal}}
  %r:2 = "attn.merge"(%o, %p, %l, %l) : (tensor<8x4x64xf32>, tensor<8x4x32xf32>, tensor<8x4xf32>, tensor<8x4xf32>) -> (tensor<8x4x64xf32>, tensor<8x4xf32>)
  return
}

// -----

func.func @lse_of_part(%o: tensor<8x4x64xf32>, %l: tensor<8x4xf32>, %m: tensor<8x5xf32>) {
  // expected-error @below {{log-sum-exp of part 1 has type 'tensor<8x5xf32>', the result has type 'tensor<8x4xf32>': expected them to be equal}}
  %r:2 = "attn.merge"(%o, %o, %l, %m) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4xf32>, tensor<8x5xf32>) -> (tensor<8x4x64xf32>, tensor<8x4xf32>)
  return
}

// -----

func.func @rank(%o: tensor<4x64xf32>, %l: tensor<4xf32>) {
  // expected-error @below {{parts have rank 2, expected [B, H, M, E] or [H, M, E]}}
  %r:2 = attn.merge (%o, %l), (%o, %l) : tensor<4x64xf32>, tensor<4xf32>
  return
}

// -----

func.func @lse_shape(%o: tensor<2x8x4x64xf32>, %l: tensor<2x8x5xf32>) {
  // expected-error @below {{log-sum-exps have type 'tensor<2x8x5xf32>', expected 'tensor<2x8x4xf32>'}}
  %r:2 = attn.merge (%o, %l), (%o, %l) : tensor<2x8x4x64xf32>, tensor<2x8x5xf32>
  return
}

// -----

// The statistics of narrow types are f32.
func.func @lse_type(%o: tensor<8x4x64xf16>, %l: tensor<8x4xf16>) {
  // expected-error @below {{log-sum-exps have type 'tensor<8x4xf16>', expected 'tensor<8x4xf32>'}}
  %r:2 = attn.merge (%o, %l), (%o, %l) : tensor<8x4x64xf16>, tensor<8x4xf16>
  return
}

// -----

func.func @element(%o: tensor<8x4x64xi32>, %l: tensor<8x4xf32>) {
  // expected-error @below {{must be variadic of ranked tensor of}}
  %r:2 = attn.merge (%o, %l), (%o, %l) : tensor<8x4x64xi32>, tensor<8x4xf32>
  return
}
