// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%a: tensor<4x4xf32>) {
  // expected-error @below {{input has rank 2, expected [B, H, m, m] or [H, m, m]}}
  %z = attn.pinv %a iters(6) : tensor<4x4xf32>
  return
}

// -----

func.func @square(%a: tensor<2x4x5xf32>) {
  // expected-error @below {{input has column count 5, a square matrix of its rows has 4: expected them to be equal}}
  %z = attn.pinv %a iters(6) : tensor<2x4x5xf32>
  return
}

// -----

// Sixteen bits are too few for an inverse.
func.func @element(%a: tensor<2x4x4xbf16>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit float or 64-bit float values, but got 'tensor<2x4x4xbf16>'}}
  %z = attn.pinv %a iters(6) : tensor<2x4x4xbf16>
  return
}

// -----

func.func @neither(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{has no way to its inverse, expected iters(n) or solve(lu)}}
  %z = attn.pinv %a : tensor<2x4x4xf32>
  return
}

// -----

func.func @both(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{has both iters and solve, expected one}}
  %z = attn.pinv %a iters(6) solve(lu) : tensor<2x4x4xf32>
  return
}

// -----

func.func @iters(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{has iters -1, expected a number from 1 to 100}}
  %z = attn.pinv %a iters(-1) : tensor<2x4x4xf32>
  return
}

// -----

func.func @many(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{has iters 101, expected a number from 1 to 100}}
  %z = attn.pinv %a iters(101) : tensor<2x4x4xf32>
  return
}

// -----

func.func @solver(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{unknown solver 'svd', expected lu, or iters(n) in its place}}
  %z = attn.pinv %a solve(svd) : tensor<2x4x4xf32>
  return
}

// -----

func.func @residual(%a: tensor<2x4x4xf32>) {
  // expected-error @below {{residual has type 'tensor<2x4xf32>', expected 'tensor<2xf32>'}}
  %z, %r = attn.pinv %a iters(6) : tensor<2x4x4xf32>, tensor<2x4xf32>
  return
}
