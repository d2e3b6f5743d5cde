// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

#cut = #attn.schedule<query_block = 32, key_block = 64, panel = 32, rows = 32, form = amx>
!q = memref<1x2x32x32xbf16>
!k = memref<64x64xbf16, strided<[?, ?], offset: ?>>
!v = memref<64x48xbf16, strided<[?, ?], offset: ?>>
!acc = memref<1x48x32xf32>
!row = memref<1x32xf32>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "sapphirerapids", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = amx>} {

// Keys are read as they lie where their rows are contiguous. Two by two tiles of
// scores take four loads for four products, for each 32 elements of the width. The
// factor is applied with the subtraction of the maximum, weights are rounded in
// pairs of keys, and the accumulator is rescaled only where a maximum has grown.
// CHECK-LABEL: func @full
// CHECK-SAME: %[[Q:.*]]: memref<1x2x32x32xbf16>, %[[K:.*]]: memref<64x64xbf16, {{.*}}>, %[[V:.*]]: memref<64x48xbf16, {{.*}}>, %{{.*}}: index, %[[A:.*]]: memref<1x48x32xf32>, %{{.*}}: memref<1x32xf32>, %{{.*}}: memref<1x32xf32>
// CHECK: %[[VT:.*]] = memref.alloc() {{.*}}"values"} : memref<2x48x32xbf16>
// CHECK: %[[P:.*]] = memref.alloc() {{.*}}"weights"} : memref<2x32x32xbf16>
// CHECK: %[[S:.*]] = memref.alloc() {{.*}}"scores"} : memref<64x32xf32>
// CHECK: %[[ROWS:.*]] = scf.if %{{.*}} -> (memref<?x?xbf16, strided<[?, 1], offset: ?>>) {
// CHECK:   memref.reinterpret_cast %[[K]]
// CHECK: } else {
// CHECK:   memref.store
// CHECK: vector.store %{{.*}}, %[[VT]]
// CHECK: scf.for %[[J:.*]] = %c0 to %c64 step %c32
// CHECK-COUNT-4: amx.tile_zero : !amx.tile<16x16xf32>
// CHECK:   %[[A0:.*]] = amx.tile_load %[[ROWS]][%[[J]], %c0] {{.*}} into !amx.tile<16x32xbf16>
// CHECK:   %[[B0:.*]] = amx.tile_load %[[Q]][%{{.*}}, %c0, %c0, %c0]
// CHECK:   amx.tile_mulf %[[A0]], %[[B0]]
// CHECK:   %[[B1:.*]] = amx.tile_load %[[Q]][%{{.*}}, %c1, %c0, %c0]
// CHECK:   amx.tile_mulf %[[A0]], %[[B1]]
// CHECK:   %[[A1:.*]] = amx.tile_load %[[ROWS]]
// CHECK:   amx.tile_mulf %[[A1]], %[[B0]]
// CHECK:   amx.tile_mulf %[[A1]], %[[B1]]
// CHECK-COUNT-4: amx.tile_mulf
// CHECK-NOT: amx.tile_mulf
// CHECK-COUNT-4: amx.tile_store %[[S]]
// CHECK-NOT: arith.cmpi {{.*}} vector
// CHECK: math.fma %{{.*}} : vector<16xf32>
// CHECK: math.exp2 %{{.*}} : vector<16xf32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.cvtne2ps2bf16.512"
// CHECK: vector.store %{{.*}}, %[[P]]
// CHECK: %[[GROWN:.*]] = vector.reduction <or>
// CHECK: scf.if %[[GROWN]]
// CHECK:   vector.store %{{.*}}, %[[A]]
// CHECK-COUNT-4: amx.tile_load %[[A]]
// CHECK: scf.for {{.*}} -> (!amx.tile<16x16xf32>, !amx.tile<16x16xf32>, !amx.tile<16x16xf32>, !amx.tile<16x16xf32>)
// CHECK:   amx.tile_load %[[VT]]
// CHECK:   amx.tile_load %[[P]]
// CHECK-COUNT-4: amx.tile_store %[[A]]
// A value width of 48 leaves one row of tiles.
// CHECK: scf.for {{.*}} -> (!amx.tile<16x16xf32>, !amx.tile<16x16xf32>) {
// CHECK-COUNT-2: amx.tile_store %[[A]]
// CHECK-NOT: attn.step
func.func @full(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  return
}

// A mask works on lanes of queries; a panel that it hides all keys from is left out.
// Keys in whole tiles around the visible ones get the score -inf.
// CHECK-LABEL: func @partial
// CHECK: amx.tile_mulf
// CHECK: vector.store %cst{{.*}}, %{{.*}} : memref<64x32xf32>, vector<16xf32>
// CHECK: arith.mulf %{{.*}} : vector<16xf32>
// CHECK: arith.cmpi {{.*}} vector<16xi32>
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// CHECK-NOT: math.fma
func.func @partial(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) mask(causal) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  return
}

// The largest product is the largest score only if the factor is positive: otherwise
// scores are finished before the maximum is taken.
// CHECK-LABEL: func @negative_factor
// CHECK: amx.tile_mulf
// CHECK: arith.mulf %{{.*}} : vector<16xf32>
// CHECK: arith.cmpf ogt
// CHECK-NOT: math.fma
func.func @negative_factor(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(-0.125) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  return
}

// Queries go into pairs of elements unchanged, with zeros up to whole tiles.
// CHECK-LABEL: func @init
// CHECK-SAME: %[[Q:.*]]: memref<?x70xbf16, {{.*}}>, %[[P:.*]]: memref<1x2x48x32xbf16>
// CHECK: %[[ROWS:.*]] = memref.alloc() {{.*}} : memref<32x96xbf16>
// CHECK: %[[X:.*]] = memref.load %[[Q]]
// CHECK: memref.store %[[X]], %[[ROWS]]
// CHECK: memref.store %cst{{.*}}, %[[ROWS]]
// CHECK-NOT: arith.mulf
// CHECK-COUNT-32: vector.store %{{.*}}, %[[P]]
func.func @init(%q: memref<?x70xbf16, strided<[?, ?], offset: ?>>, %p: memref<1x2x48x32xbf16>, %a: !acc, %m: !row, %s: !row) {
  attn.init %q factor(1.0) outs(%p, %a, %m, %s : memref<1x2x48x32xbf16>, !acc, !row, !row) schedule(#cut) : memref<?x70xbf16, strided<[?, ?], offset: ?>>
  return
}

}
