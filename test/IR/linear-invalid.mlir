// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Decay is a matter of order.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %g: tensor<8xf32>) {
  // expected-error@below {{has decay without causal: only tokens in order have it}}
  %o = attn.linear %q, %k, %v decay(%g : tensor<8xf32>) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// So are documents.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %d: tensor<?xi32>) {
  // expected-error@below {{has docs without causal: only tokens in order have it}}
  %o = attn.linear %q, %k, %v docs(%d : tensor<?xi32>) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// The delta rule needs its step.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{has delta without beta, expected beta(...)}}
  %o = attn.linear %q, %k, %v causal delta : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// What the delta rule leaves is no average.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %b: tensor<8x?xf32>) {
  // expected-error@below {{has delta and normalize: what the delta rule leaves has no sum of weights}}
  %o = attn.linear %q, %k, %v beta(%b : tensor<8x?xf32>) causal delta normalize : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Inputs of unknown sign are not normalised without eps.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{query is not made by an attn.feature_map without signs}}
  %o = attn.linear %q, %k, %v normalize : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// eps is for a division.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{has eps 1.000000e+00 without normalize}}
  %o = attn.linear %q, %k, %v eps(1.0) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// A negative eps could make the division one by 0.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{eps is -1.000000e+00, expected a finite number of at least 0}}
  %o = attn.linear %q, %k, %v normalize eps(-1.0) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// A scale is a number.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{scale is nan, expected a finite number}}
  %o = attn.linear %q, %k, %v scale(0x7FF8000000000000) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// The state is a matrix of D by E.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %s: tensor<8x64x32xf32>) {
  // expected-error@below {{state has type 'tensor<8x64x32xf32>', expected [H', 64, 64] with H' one of 8 and 8 heads}}
  %o = attn.linear %q, %k, %v state(%s : tensor<8x64x32xf32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// With normalize it has one more column.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %s: tensor<8x64x64xf32>) {
  // expected-error@below {{expected [H', 64, 65]}}
  %o = attn.linear %q, %k, %v state(%s : tensor<8x64x64xf32>) causal normalize eps(0.0) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Decay is of the type of sums.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %g: tensor<8x?xbf16>) {
  // expected-error@below {{decay has element type 'bf16', expected 'f32'}}
  %o = attn.linear %q, %k, %v decay(%g : tensor<8x?xbf16>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// One decay a head, of queries or of keys.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %g: tensor<4xf32>) {
  // expected-error@below {{decay has type 'tensor<4xf32>', expected one of 8 and 8 elements, one a head}}
  %o = attn.linear %q, %k, %v decay(%g : tensor<4xf32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Channels are those of keys.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %g: tensor<8x?x32xf32>) {
  // expected-error@below {{decay has type 'tensor<8x?x32xf32>', expected [H', N, D]}}
  %o = attn.linear %q, %k, %v decay(%g : tensor<8x?x32xf32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// A factor above 1 makes the state grow without bounds.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  %g = arith.constant dense<0.5> : tensor<8xf32>
  // expected-error@below {{decay has element 5.000000e-01, expected logarithms of at most 0}}
  %o = attn.linear %q, %k, %v decay(%g : tensor<8xf32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Beta is a number for each token.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %b: tensor<8xf32>) {
  // expected-error@below {{beta has type 'tensor<8xf32>', expected [H', N]}}
  %o = attn.linear %q, %k, %v beta(%b : tensor<8xf32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Boundaries are a row.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %d: tensor<?x2xi32>) {
  // expected-error@below {{docs has type 'tensor<?x2xi32>', expected rank 1}}
  %o = attn.linear %q, %k, %v docs(%d : tensor<?x2xi32>) causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// In order, tokens have one query each.
func.func @case(%q: tensor<8x16x64xf32>, %k: tensor<8x17x64xf32>, %v: tensor<8x17x64xf32>) {
  // expected-error@below {{causal query has length 16, key has 17: expected them to be equal}}
  %o = attn.linear %q, %k, %v causal : (tensor<8x16x64xf32>, tensor<8x17x64xf32>, tensor<8x17x64xf32>) -> tensor<8x16x64xf32>
  return
}

// -----

// Widths of states are static.
func.func @case(%q: tensor<8x?x?xf32>, %k: tensor<8x?x?xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{key has type 'tensor<8x?x?xf32>', expected static heads and width}}
  %o = attn.linear %q, %k, %v  : (tensor<8x?x?xf32>, tensor<8x?x?xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Heads of queries share those of keys evenly.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<3x?x64xf32>, %v: tensor<3x?x64xf32>) {
  // expected-error@below {{query has 8 heads, key has 3: expected a multiple of the key heads}}
  %o = attn.linear %q, %k, %v  : (tensor<8x?x64xf32>, tensor<3x?x64xf32>, tensor<3x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Products need equal widths.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x32xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{key has width 32, query has 64: expected them to be equal}}
  %o = attn.linear %q, %k, %v  : (tensor<8x?x64xf32>, tensor<8x?x32xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// The result is as wide as the values.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x32xf32>) {
  // expected-error@below {{result has type 'tensor<8x?x64xf32>', expected 'tensor<8x?x32xf32>'}}
  %o = attn.linear %q, %k, %v  : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x32xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// The resulting state is of the state's type.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{resulting state has type 'tensor<8x64x65xf32>', expected 'tensor<8x64x64xf32>'}}
  %o, %s = attn.linear %q, %k, %v causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x64x65xf32>)
  return
}

// -----

// Without order no state is after the last token alone.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{has a resulting state without causal}}
  %o, %s = attn.linear %q, %k, %v  : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x64x64xf32>)
  return
}

// -----

// Forms of softmax attention have no recurrence.
func.func @case(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) {
  // expected-error@below {{has form row, expected chunk or recurrent}}
  %o = attn.linear %q, %k, %v schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = row>) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return
}
