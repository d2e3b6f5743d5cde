// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Tiles take bf16 alone.
func.func @amx_type(%q: tensor<8x16x32xf32>) {
  // expected-error @below {{form amx has query 'tensor<8x16x32xf32>', key 'tensor<8x16x32xf32>' and value 'tensor<8x16x32xf32>', expected queries of bf16 and static widths}}
  %r = attn.sdpa %q, %q, %q schedule(#attn.schedule<query_block = 32, key_block = 32, panel = 32, rows = 32, form = amx>)
    : (tensor<8x16x32xf32>, tensor<8x16x32xf32>, tensor<8x16x32xf32>) -> tensor<8x16x32xf32>
  return
}

// -----

// How many tiles a row takes must be known, also for a few queries.
func.func @amx_width(%q: tensor<8x16x?xbf16>, %v: tensor<8x16x32xbf16>) {
  // expected-error @below {{form amx has query 'tensor<8x16x?xbf16>', key 'tensor<8x16x?xbf16>' and value 'tensor<8x16x32xbf16>', expected queries of bf16 and static widths}}
  %r = attn.sdpa %q, %q, %v scale(0.5) few(#attn.schedule<query_block = 32, key_block = 32, panel = 32, rows = 32, form = amx>)
    : (tensor<8x16x?xbf16>, tensor<8x16x?xbf16>, tensor<8x16x32xbf16>) -> tensor<8x16x32xbf16>
  return
}

// -----

// Keys of eight bits are widened, queries of f32 would have to be rounded.
func.func @amx_quantised(%q: tensor<8x16x32xf32>, %k: tensor<8x16x32xi8>, %s: tensor<8x16xf32>) {
  // expected-error @below {{form amx has query 'tensor<8x16x32xf32>', key 'tensor<8x16x32xi8>' and value 'tensor<8x16x32xf32>', expected queries of bf16 and static widths}}
  %r = attn.sdpa %q, %k, %q key_scale(%s : tensor<8x16xf32>) schedule(#attn.schedule<query_block = 32, key_block = 32, panel = 32, rows = 32, form = amx>)
    : (tensor<8x16x32xf32>, tensor<8x16x32xi8>, tensor<8x16x32xf32>) -> tensor<8x16x32xf32>
  return
}

// -----

// Tiles round weights to bf16: they are weights of a softmax.
func.func @amx_unnormalized(%q: tensor<8x16x32xbf16>) {
  // expected-error @below {{form amx has query 'tensor<8x16x32xbf16>', key 'tensor<8x16x32xbf16>' and value 'tensor<8x16x32xbf16>', expected queries of bf16 and static widths, and no normalize(none)}}
  %r = attn.sdpa %q, %q, %q normalize(none) schedule(#attn.schedule<query_block = 32, key_block = 32, panel = 32, rows = 32, form = amx>)
    : (tensor<8x16x32xbf16>, tensor<8x16x32xbf16>, tensor<8x16x32xbf16>) -> tensor<8x16x32xbf16>
  return
}
