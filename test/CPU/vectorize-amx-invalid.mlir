// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-cpu-vectorize

// A schedule for tiles on a machine that has none.
#cut = #attn.schedule<query_block = 32, key_block = 64, panel = 32, rows = 32, form = amx>
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {
func.func @init(%q: memref<?x64xbf16>, %p: memref<1x2x32x32xbf16>, %a: memref<1x64x32xf32>, %m: memref<1x32xf32>, %s: memref<1x32xf32>) {
  // expected-error @below {{has form amx for a target whose tiles are none, expected amx}}
  attn.init %q factor(1.0) outs(%p, %a, %m, %s : memref<1x2x32x32xbf16>, memref<1x64x32xf32>, memref<1x32xf32>, memref<1x32xf32>) schedule(#cut) : memref<?x64xbf16>
  return
}
}

// -----

// Tiles take the weights of a softmax.
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = amx>} {
func.func @unnormalized(%q: memref<1x2x16x32xbf16>, %k: memref<64x32xbf16>, %i: index, %a: memref<1x32x32xf32>, %m: memref<1x32xf32>, %s: memref<1x32xf32>) {
  // expected-error @below {{has normalize(none) in form amx, expected form transposed or row}}
  attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) normalize(none) outs(%a, %m, %s : memref<1x32x32xf32>, memref<1x32xf32>, memref<1x32xf32>)
    schedule(#attn.schedule<query_block = 32, key_block = 64, panel = 32, rows = 32, form = amx>) : memref<1x2x16x32xbf16>, memref<64x32xbf16>, memref<64x32xbf16>
  return
}
}
