// RUN: attn-opt %s --verify-diagnostics --attn-cpu-vectorize

// expected-error @below {{the module has no attn.target, expected attn-attach-target to run before}}
func.func @step(%q: memref<1x8x16xf32>, %k: memref<64x8xf32>, %v: memref<64x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : memref<1x8x16xf32>, memref<64x8xf32>, memref<64x24xf32>
  return
}
