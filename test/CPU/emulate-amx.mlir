// RUN: attn-opt %s --split-input-file --attn-cpu-emulate-amx | FileCheck %s

// Tiles become vectors, also around loops; a product becomes a call.
// CHECK-LABEL: func @product
// CHECK-SAME: %[[A:.*]]: memref<16x32xbf16, {{.*}}>, %[[B:.*]]: memref<4x16x32xbf16>, %[[C:.*]]: memref<16x16xf32>
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16x16xf32>
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[ACC:.*]] = %[[ZERO]]) -> (vector<16x16xf32>) {
// CHECK:   vector.load %[[A]]{{.*}} vector<32xbf16>
// CHECK:   %[[LEFT:.*]] = vector.insert {{.*}} [15] : vector<32xbf16> into vector<16x32xbf16>
// CHECK:   vector.load %[[B]]{{.*}} vector<32xbf16>
// CHECK:   %[[RIGHT:.*]] = vector.insert {{.*}} [15] : vector<32xbf16> into vector<16x32xbf16>
// CHECK:   %[[NEXT:.*]] = func.call @attn.emulated_tile_mulf(%[[LEFT]], %[[RIGHT]], %[[ACC]])
// CHECK:   scf.yield %[[NEXT]]
// CHECK: %[[ROW:.*]] = vector.extract %[[SUM]][15]
// CHECK: vector.store %[[ROW]], %[[C]]
// CHECK-NOT: amx.
// Products of even and of odd terms are summed apart, then together, then with what
// was there.
// CHECK-LABEL: func private @attn.emulated_tile_mulf
// CHECK: %[[EVEN:.*]], %[[ODD:.*]] = vector.deinterleave %{{.*}} : vector<32xbf16> -> vector<16xbf16>
// CHECK: math.fma
// CHECK: %[[OLD:.*]] = vector.extract %{{.*}}[15] : vector<16xf32> from vector<16x16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: return
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = emulated_amx>} {
func.func @product(%a: memref<16x32xbf16, strided<[?, 1]>>, %b: memref<4x16x32xbf16>, %c: memref<16x16xf32>, %n: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %none = amx.tile_zero : !amx.tile<16x16xf32>
  %sum = scf.for %i = %zero to %n step %one iter_args(%acc = %none) -> !amx.tile<16x16xf32> {
    %left = amx.tile_load %a[%zero, %zero] : memref<16x32xbf16, strided<[?, 1]>> into !amx.tile<16x32xbf16>
    %right = amx.tile_load %b[%i, %zero, %zero] : memref<4x16x32xbf16> into !amx.tile<16x32xbf16>
    %next = amx.tile_mulf %left, %right, %acc : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
    scf.yield %next : !amx.tile<16x16xf32>
  }
  amx.tile_store %c[%zero, %zero], %sum : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}
}

// -----

// Where there is AMX, nothing is emulated.
// CHECK-LABEL: func @real
// CHECK: amx.tile_zero
module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "sapphirerapids", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = amx>} {
func.func @real(%c: memref<16x16xf32>) {
  %zero = arith.constant 0 : index
  %none = amx.tile_zero : !amx.tile<16x16xf32>
  amx.tile_store %c[%zero, %zero], %none : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}
}
