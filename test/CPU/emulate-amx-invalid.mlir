// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-cpu-emulate-amx

// Tiles of two shapes: one is all that kernels use, and a product of the other would
// call the wrong function.
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = emulated_amx>} {
func.func @shapes(%a: memref<16x32xbf16>, %c: memref<16x16xf32>) {
  %zero = arith.constant 0 : index
  %0 = amx.tile_zero : !amx.tile<16x16xf32>
  %1 = amx.tile_load %a[%zero, %zero] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
  %2 = amx.tile_mulf %1, %1, %0 : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
  %3 = amx.tile_zero : !amx.tile<8x16xf32>
  %4 = amx.tile_load %a[%zero, %zero] : memref<16x32xbf16> into !amx.tile<8x32xbf16>
  // expected-error @below {{failed to legalize operation 'amx.tile_mulf'}}
  %5 = amx.tile_mulf %4, %1, %3 : !amx.tile<8x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<8x16xf32>
  amx.tile_store %c[%zero, %zero], %5 : memref<16x16xf32>, !amx.tile<8x16xf32>
  amx.tile_store %c[%zero, %zero], %2 : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}
}

// -----

// A stride beside the one that the buffer has.
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = emulated_amx>} {
func.func @stride(%a: memref<?xbf16>, %c: memref<16x32xbf16>, %stride: index) {
  %zero = arith.constant 0 : index
  // expected-error @below {{failed to legalize operation 'amx.tile_load'}}
  %1 = amx.tile_load %a[%zero], %stride : memref<?xbf16> into !amx.tile<16x32xbf16>
  amx.tile_store %c[%zero, %zero], %1 : memref<16x32xbf16>, !amx.tile<16x32xbf16>
  return
}
}
