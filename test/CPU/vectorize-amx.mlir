// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

#cut = #attn.schedule<query_block = 32, key_block = 64, panel = 32, rows = 32, form = amx>
!q = memref<1x2x32x32xbf16>
!k = memref<64x64xbf16, strided<[?, ?], offset: ?>>
!v = memref<64x48xbf16, strided<[?, ?], offset: ?>>
!acc = memref<1x48x32xf32>
!row = memref<1x32xf32>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "sapphirerapids", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152, tiles = amx>} {

// Keys are read as they lie where their rows are contiguous. Two by two tiles of
// scores take four loads for four products, for each 32 elements of the width; each
// is stored while those of the next keys are multiplied. Two tiles of the output
// take turns likewise. Without the end of the fold in sight, the sum of weights may
// be a result: the maximum is exact, and weights are rounded after they are summed up.
// CHECK-LABEL: func @full
// CHECK-SAME: %[[Q:.*]]: memref<1x2x32x32xbf16>, %[[K:.*]]: memref<64x64xbf16, {{.*}}>, %[[V:.*]]: memref<64x48xbf16, {{.*}}>, %{{.*}}: index, %[[A:.*]]: memref<1x48x32xf32>, %{{.*}}: memref<1x32xf32>, %{{.*}}: memref<1x32xf32>
// CHECK: %[[P:.*]] = memref.alloc() {{.*}}"weights"} : memref<2x32x32xbf16>
// CHECK: %[[VT:.*]] = memref.alloc() {{.*}}"values"} : memref<2x48x32xbf16>
// CHECK: %[[S:.*]] = memref.alloc() {{.*}}"scores"} : memref<64x32xf32>
// CHECK: %[[ROWS:.*]] = scf.if %{{.*}} -> (memref<?x?xbf16, strided<[?, 1], offset: ?>>) {
// CHECK:   memref.reinterpret_cast %[[K]]
// CHECK: } else {
// CHECK:   memref.store
// CHECK: vector.store %{{.*}}, %[[VT]]
// CHECK: %[[LAST:.*]]:4 = scf.for %[[J:.*]] = %c0 to %c64 step %c32 iter_args(%[[O0:.*]] = %{{.*}}, %[[O1:.*]] = %{{.*}}, %[[O2:.*]] = %{{.*}}, %[[O3:.*]] = %{{.*}}) -> (!amx.tile<16x16xf32>,
// CHECK:   %[[BEFORE:.*]] = affine.max #{{.*}}(%[[J]])
// CHECK:   %[[A0:.*]] = amx.tile_load %[[ROWS]][%[[J]], %c0] {{.*}} into !amx.tile<16x32xbf16>
// CHECK:   %[[B0:.*]] = amx.tile_load %[[Q]][%{{.*}}, %c0, %c0, %c0]
// CHECK:   amx.tile_store %[[S]][%[[BEFORE]], %c0], %[[O0]]
// CHECK:   amx.tile_zero
// CHECK:   amx.tile_mulf %[[A0]], %[[B0]]
// CHECK:   %[[B1:.*]] = amx.tile_load %[[Q]][%{{.*}}, %c1, %c0, %c0]
// CHECK:   amx.tile_store %[[S]][%{{.*}}, %c16], %[[O1]]
// CHECK:   amx.tile_mulf %[[A0]], %[[B1]]
// CHECK:   %[[A1:.*]] = amx.tile_load %[[ROWS]]
// CHECK:   amx.tile_store %[[S]]{{.*}}, %[[O2]]
// CHECK:   amx.tile_mulf %[[A1]], %[[B0]]
// CHECK:   amx.tile_store %[[S]]{{.*}}, %[[O3]]
// CHECK:   amx.tile_mulf %[[A1]], %[[B1]]
// CHECK-COUNT-4: amx.tile_mulf
// CHECK-NOT: amx.tile_mulf
// CHECK: amx.tile_store %[[S]][%c32, %c0], %[[LAST]]#0
// CHECK-COUNT-3: amx.tile_store %[[S]]
// CHECK-NOT: arith.cmpi {{.*}} vector
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: %[[GROWN:.*]] = vector.reduction <or>
// CHECK: scf.if %[[GROWN]]
// CHECK:   vector.store %{{.*}}, %[[A]]
// CHECK: math.fma %{{.*}} : vector<16xf32>
// CHECK: math.exp2 %{{.*}} : vector<16xf32>
// CHECK: arith.addi %{{.*}} : vector<16xi32>
// CHECK: %[[EVEN:.*]] = arith.shrui %{{.*}} : vector<16xi32>
// CHECK: %[[PAIRS:.*]] = llvm.call_intrinsic "llvm.x86.avx512.pternlog.d.512"(%[[EVEN]],
// CHECK: %[[NARROW:.*]] = vector.bitcast %[[PAIRS]] : vector<16xi32> to vector<32xbf16>
// CHECK: vector.store %[[NARROW]], %[[P]]
// CHECK: %[[OLD:.*]] = amx.tile_load %[[A]][%{{.*}}, %c16, %c0]
// CHECK: amx.tile_load %[[A]][%{{.*}}, %c0, %c0]
// CHECK: amx.tile_load %[[VT]][%c0, %c0, %c0]
// CHECK: amx.tile_load %[[P]]
// CHECK-COUNT-2: amx.tile_mulf
// CHECK: amx.tile_store %[[A]][%{{.*}}, %c16, %c0], %[[OLD]]
// CHECK: %[[NEW:.*]] = amx.tile_mulf
// CHECK: amx.tile_mulf
// CHECK: amx.tile_load %[[A]][%{{.*}}, %c16, %c0]
// CHECK-COUNT-2: amx.tile_mulf
// CHECK: amx.tile_store %[[A]][%{{.*}}, %c0, %c0], %[[NEW]]
// A value width of 48 leaves one row of tiles.
// CHECK: amx.tile_load %[[A]][%{{.*}}, %c32, %c0]
// CHECK-COUNT-4: amx.tile_mulf
// CHECK-COUNT-2: amx.tile_store %[[A]][%{{.*}}, %c32,
// CHECK-NOT: attn.step
func.func @full(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  return
}

// Where the sum only divides the output, it is that of rounded weights. No maximum is
// looked for: weights take the old one, and the loop comes round a second time, with
// maxima, where there is none yet or where a sum shows that one has grown by much.
// CHECK-LABEL: func @speculative
// CHECK-SAME: %[[A:[^:]*]]: memref<1x48x32xf32>, %[[M:[^:]*]]: memref<1x32xf32>, %[[SUM:[^:]*]]: memref<1x32xf32>
// CHECK: %[[NONE:.*]] = arith.cmpf oeq
// CHECK: %[[FIRST:.*]] = vector.reduction <or>
// CHECK: %[[SUMS:.*]]:2 = scf.while (%[[RAISE:.*]] = %[[FIRST]])
// CHECK:   scf.if %[[RAISE]] {
// CHECK:     arith.cmpf ogt
// CHECK:     scf.if
// CHECK:       vector.store %{{.*}}, %[[A]]
// CHECK:   }
// CHECK:   %[[W:.*]] = math.exp2 %{{.*}} fastmath<afn> : vector<16xf32>
// CHECK:   %[[BF16:.*]] = arith.truncf %[[W]] : vector<16xf32> to vector<16xbf16>
// CHECK:   %[[ROUNDED:.*]] = arith.extf %[[BF16]]
// CHECK:   arith.addf %{{.*}}, %[[ROUNDED]]
// CHECK:   arith.cmpf ugt
// CHECK:   %[[FRESH:.*]] = arith.xori %[[RAISE]], %true
// CHECK:   %[[AGAIN:.*]] = arith.andi %{{.*}}, %[[FRESH]]
// CHECK:   scf.condition(%[[AGAIN]])
// CHECK: } do {
// CHECK:   scf.yield %true
// CHECK: %[[OLD:.*]] = vector.load %[[SUM]]
// CHECK: arith.addf %[[OLD]], %[[SUMS]]#0
func.func @speculative(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row, %o: memref<?x48xbf16>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  attn.finish %a, %m, %s head(%i) outs(%o : memref<?x48xbf16>) schedule(#cut) : !acc, !row, !row
  return
}

// A log-sum-exp takes the sum and the maximum as they are, so both are exact.
// CHECK-LABEL: func @log_sum_exp
// CHECK: amx.tile_mulf
// CHECK-NOT: scf.while
// CHECK-NOT: fastmath
// CHECK: return
func.func @log_sum_exp(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row, %o: memref<?x48xbf16>, %l: memref<?xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, !k, !v
  attn.finish %a, %m, %s head(%i) outs(%o, %l : memref<?x48xbf16>, memref<?xf32>) schedule(#cut) : !acc, !row, !row
  return
}

// Rows of eight bits are copied as bf16, by vectors where they can be. The scale of a key
// multiplies its scores with the factor; that of a value multiplies the weight, and its
// reciprocal takes it out of the sum again, rounding and all. A scale without a
// reciprocal multiplies the row in the copy.
// CHECK-LABEL: func @eight_bits
// CHECK-SAME: %[[K:[^:]*]]: memref<64x64xi8>, %[[V:[^:]*]]: memref<64x48xi8>, %[[KS:[^:]*]]: memref<64xf32>, %[[VS:[^:]*]]: memref<64xf32>
// CHECK-DAG: %[[FACTOR:.*]] = memref.alloc() {{.*}}"key factors"} : memref<64xf32>
// CHECK-DAG: %[[SCALE:.*]] = memref.alloc() {{.*}}"value scales"} : memref<64xf32>
// CHECK-DAG: %[[INVERSE:.*]] = memref.alloc() {{.*}}"reciprocals"} : memref<64xf32>
// CHECK-DAG: %[[OF_ROW:.*]] = memref.alloc() {{.*}}"row factors"} : memref<64xf32>
// CHECK: %[[KEY:.*]] = memref.load %[[KS]]
// CHECK: %[[SCALED:.*]] = arith.mulf %[[KEY]]
// CHECK: memref.store %[[SCALED]], %[[FACTOR]]
// CHECK: %[[USUAL:.*]] = arith.andi
// CHECK: arith.select %[[USUAL]]
// CHECK: arith.divf
// CHECK: %[[BYTES:.*]] = vector.load {{.*}} vector<16xi8>
// CHECK: arith.sitofp %[[BYTES]] : vector<16xi8> to vector<16xbf16>
// CHECK: %[[ROW:.*]] = memref.load %[[OF_ROW]]
// CHECK: %[[NUMBERS:.*]] = arith.sitofp %{{.*}} : vector<16xi8> to vector<16xf32>
// CHECK: %[[ALL:.*]] = vector.broadcast %[[ROW]]
// CHECK: %[[TIMES:.*]] = arith.mulf %[[NUMBERS]], %[[ALL]]
// CHECK: arith.truncf %[[TIMES]] : vector<16xf32> to vector<16xbf16>
// CHECK: scf.while
// CHECK: memref.load %[[FACTOR]]
// CHECK: %[[E:.*]] = math.fma
// CHECK: %[[W:.*]] = math.exp2 %[[E]] : vector<16xf32>
// CHECK: %[[A:.*]] = memref.load %[[SCALE]]
// CHECK: %[[LANES:.*]] = vector.broadcast %[[A]]
// CHECK: arith.mulf %[[W]], %[[LANES]]
// CHECK: memref.load %[[INVERSE]]
// CHECK: math.fma
func.func @eight_bits(%k: memref<64x64xi8>, %v: memref<64x48xi8>, %ks: memref<64xf32>, %vs: memref<64xf32>, %q: !q, %i: index, %a: !acc, %m: !row, %s: !row, %o: memref<?x48xbf16>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125)
    key_scale(%ks : memref<64xf32>) value_scale(%vs : memref<64xf32>) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, memref<64x64xi8>, memref<64x48xi8>
  attn.finish %a, %m, %s head(%i) outs(%o : memref<?x48xbf16>) schedule(#cut) : !acc, !row, !row
  return
}

// With a log-sum-exp the sum is that of exact weights, which cannot make up for what
// rounding a weight times a scale does to a row of one key: values meet sixteen bits of
// it, in two parts.
// CHECK-LABEL: func @two_parts
// CHECK-DAG: %[[HIGH:.*]] = memref.alloc() {{.*}}"weights"}
// CHECK-DAG: %[[LOW:.*]] = memref.alloc() {{.*}}"rests of weights"}
// CHECK: arith.subf
// CHECK: vector.store %{{.*}}, %[[HIGH]]
// CHECK: vector.store %{{.*}}, %[[LOW]]
// CHECK: amx.tile_load %[[HIGH]]
// CHECK: amx.tile_load %[[LOW]]
func.func @two_parts(%k: memref<64x64xi8>, %v: memref<64x48xi8>, %ks: memref<64xf32>, %vs: memref<64xf32>, %q: !q, %i: index, %a: !acc, %m: !row, %s: !row, %o: memref<?x48xbf16>, %l: memref<?xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125)
    key_scale(%ks : memref<64xf32>) value_scale(%vs : memref<64xf32>) outs(%a, %m, %s : !acc, !row, !row)
    schedule(#cut) : !q, memref<64x64xi8>, memref<64x48xi8>
  attn.finish %a, %m, %s head(%i) outs(%o, %l : memref<?x48xbf16>, memref<?xf32>) schedule(#cut) : !acc, !row, !row
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

// Of heads folded together those of one row follow each other: a panel of 32 queries of
// four heads is of eight rows, and lanes divide their number by the heads.
// CHECK-LABEL: func @folded
// CHECK-DAG: %[[G:.*]] = arith.constant 4 : index
// CHECK: %[[QUERIES:.*]] = arith.muli %[[ROWS:.*]], %[[G]]
// CHECK: arith.divui %{{.*}}, %[[G]]
// CHECK: arith.divui %{{.*}} : vector<16xi32>
func.func @folded(%q: !q, %k: !k, %v: !v, %i: index, %a: !acc, %m: !row, %s: !row) {
  %g = arith.constant 4 : index
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) heads(%g) factor(0.125) mask(causal) outs(%a, %m, %s : !acc, !row, !row)
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
