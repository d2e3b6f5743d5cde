// RUN: attn-opt %s --split-input-file --verify-diagnostics

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// What queries read goes somewhere.
func.func @case(%q: memref<2x4x64xf32>, %k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has query without out}}
  attn.linear_step %k, %k query(%q : memref<2x4x64xf32>) scale(1.0) outs(%s : memref<64x64xf32>) schedule(#chunk) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// The delta rule needs its step.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has delta without beta}}
  attn.linear_step %k, %k delta scale(1.0) outs(%s : memref<64x64xf32>) schedule(#chunk) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// Tokens one by one are another op's.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has form recurrent, expected chunk}}
  attn.linear_step %k, %k scale(1.0) outs(%s : memref<64x64xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// The column of sums is behind those of values, wherever they end.
func.func @case(%k: memref<4x64xf32>, %v: memref<4x?xf32>, %s: memref<64x80xf32>) {
  // expected-error@below {{has normalize and values of type 'memref<4x?xf32>', expected a static width: the sum of weights is the column behind them}}
  attn.linear_step %k, %v normalize(0.0) scale(1.0) outs(%s : memref<64x80xf32>) schedule(#chunk) : memref<4x64xf32>, memref<4x?xf32>
  return
}
