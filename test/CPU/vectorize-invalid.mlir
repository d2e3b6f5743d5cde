// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-cpu-vectorize

// expected-error @below {{the module has no attn.target, expected attn-attach-target to run before}}
func.func @step(%q: memref<1x8x16xf32>, %k: memref<64x8xf32>, %v: memref<64x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : memref<1x8x16xf32>, memref<64x8xf32>, memref<64x24xf32>
  return
}

// -----

// Six keys by four queries are one and a half vectors of sixteen lanes.
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {
func.func @row(%k: memref<64x16xf32>, %q: memref<1x4x16xf32>, %i: index, %a: memref<1x4x16xf32>, %m: memref<1x4xf32>, %s: memref<1x4xf32>) {
  // expected-error @below {{has a register tile of 6 keys by 4 queries in form row, expected whole vectors of 16 lanes that hold all queries of a key}}
  attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x4x16xf32>, memref<1x4xf32>, memref<1x4xf32>)
    schedule(#attn.schedule<query_block = 4, key_block = 64, panel = 4, rows = 6, form = row>) : memref<1x4x16xf32>, memref<64x16xf32>, memref<64x16xf32>
  return
}
}
