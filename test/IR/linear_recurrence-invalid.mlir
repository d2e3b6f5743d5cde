// RUN: attn-opt %s --split-input-file --verify-diagnostics

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// What queries read goes somewhere.
func.func @case(%q: memref<2x4x64xf32>, %k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has query without out}}
  attn.linear_recurrence %k, %k query(%q : memref<2x4x64xf32>) scale(1.0) outs(%s : memref<64x64xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// The delta rule needs its step.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has delta without beta}}
  attn.linear_recurrence %k, %k delta scale(1.0) outs(%s : memref<64x64xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Chunks are another op's.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{has form chunk, expected recurrent}}
  attn.linear_recurrence %k, %k scale(1.0) outs(%s : memref<64x64xf32>) schedule(#chunk) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// The column of sums needs a place.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xf32>) {
  // expected-error@below {{end has type 'memref<64x64xf32>', expected 64 rows of at least 65 elements}}
  attn.linear_recurrence %k, %k normalize(0.0) scale(1.0) outs(%s : memref<64x64xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// The state before the tokens is not padded.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x80xf32>) {
  // expected-error@below {{start has type 'memref<64x80xf32>', expected 64 rows of 64 elements}}
  attn.linear_recurrence %k, %k from(%s : memref<64x80xf32>) scale(1.0) outs(%s : memref<64x80xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// A state is of one type.
func.func @case(%k: memref<4x64xf32>, %s: memref<64x64xbf16>, %e: memref<64x64xf32>) {
  // expected-error@below {{start has element type 'bf16', end has 'f32'}}
  attn.linear_recurrence %k, %k from(%s : memref<64x64xbf16>) scale(1.0) outs(%e : memref<64x64xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}
