// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>
!k = memref<64x8xf32, strided<[?, ?], offset: ?>>
!v = memref<64x24xf32, strided<[?, ?], offset: ?>>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {

// The transposed form on a register tile of 6 keys by 16 queries: keys and values
// enter element by element, queries and probabilities as vectors, and no operation
// goes across lanes. Without a mask there is no comparison of positions. Along rows of
// keys and columns of values strides are added up, not multiplied.
// CHECK-LABEL: func @full
// CHECK-SAME: %[[Q:.*]]: memref<1x8x16xf32>, %[[K:.*]]: memref<64x8xf32, {{.*}}>, %[[V:.*]]: memref<64x24xf32, {{.*}}>, %{{.*}}: index, %[[A:.*]]: memref<1x24x16xf32>, %[[M:.*]]: memref<1x16xf32>, %[[S:.*]]: memref<1x16xf32>
// CHECK-NOT: arith.cmpi
// CHECK-NOT: vector.reduction
// CHECK: %[[P:.*]] = memref.alloc() {{.*}} : memref<64x16xf32>
// CHECK: scf.for
// CHECK:   scf.for %{{.*}} = %c0 to %c64 step %c6
// CHECK:     %{{.*}}, %strides:2 = memref.extract_strided_metadata %[[K]]
// CHECK:     memref.reinterpret_cast %[[K]] to offset: [%{{.*}}], sizes: [%{{.*}}], strides: [1]
// CHECK:     scf.for %{{.*}} = %c0 to %c8 step %c1 iter_args(%{{.*}} = %{{.*}}, %[[PLACE:.*]] = %c0) -> (vector<6x16xf32>, index)
// CHECK-COUNT-6: memref.load %{{.*}}[%[[PLACE]]]
// CHECK:       vector.load %[[Q]]
// CHECK:       vector.contract {{.*}} vector<6x1xf32>, vector<1x16xf32> into vector<6x16xf32>
// CHECK:       arith.addi %[[PLACE]], %strides#1
// CHECK-COUNT-6: vector.store %{{.*}}, %[[P]]
// CHECK:   math.exp2 %{{.*}} : vector<16xf32>
// CHECK:   scf.for
// CHECK:     math.exp2 %{{.*}} : vector<16xf32>
// CHECK:   vector.store %{{.*}}, %[[M]]
// CHECK:   vector.store %{{.*}}, %[[S]]
// CHECK:   scf.for %{{.*}} = %c0 to %c24 step %c6
// CHECK:     memref.reinterpret_cast %[[V]]
// CHECK:     scf.for %{{.*}} = %c0 to %c64 step %c1 iter_args(%{{.*}} = %{{.*}}, %[[ROW:.*]] = %c0) -> (vector<6x16xf32>, index)
// CHECK-COUNT-6: memref.load %{{.*}}[%[[ROW]]]
// CHECK:       vector.load %[[P]]
// CHECK:       vector.contract {{.*}} vector<6x1xf32>, vector<1x16xf32> into vector<6x16xf32>
// CHECK-COUNT-6: vector.store %{{.*}}, %[[A]]
// CHECK-NOT: attn.step
func.func @full(%q: memref<1x8x16xf32>, %k: !k, %v: !v, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#cut) : memref<1x8x16xf32>, !k, !v
  return
}

// A partial block compares positions, in lanes, and gives -inf to what is masked.
// CHECK-LABEL: func @partial
// CHECK: arith.cmpi {{.*}} vector<16xi
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
func.func @partial(%q: memref<1x8x16xf32>, %k: !k, %v: !v, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) mask(causal) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#cut) : memref<1x8x16xf32>, !k, !v
  return
}

// A score program is applied to vectors of scores: its score and its row are lanes.
// CHECK-LABEL: func @program
// CHECK: arith.negf %{{.*}} : vector<16xf32>
// CHECK-NOT: attn.yield
func.func @program(%q: memref<1x8x16xf32>, %k: !k, %v: !v, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    score(%x: f32, %b: index, %h: index, %r: index, %c: index) {
      %y = arith.negf %x : f32
      attn.yield %y : f32
    } schedule(#cut) : memref<1x8x16xf32>, !k, !v
  return
}

// Reads of a score program: at the key, one element for all lanes; at a distance, one
// load where lanes read neighbours, which is asked at run time, else a gather; what no
// gather takes, lane by lane.
// CHECK-LABEL: func @reads
// CHECK-SAME: %[[TABLE:[a-z0-9]+]]: memref<?xf32, strided<[?], offset: ?>>, %[[FLAGS:[a-z0-9]+]]: memref<?xi8>
// CHECK: memref.load %[[TABLE]][%{{.*}}]
// CHECK: %[[ALL:.*]] = vector.reduction <and>, %{{.*}} : vector<16xi1> into i1
// CHECK: scf.if %[[ALL]] -> (vector<16xf32>)
// CHECK: vector.load %{{.*}} : memref<?xf32, strided<[1], offset: ?>>, vector<16xf32>
// CHECK: else
// CHECK: vector.gather %{{.*}} : memref<?xf32, strided<[1], offset: ?>>, vector<16xindex>, vector<16xi1>, vector<16xf32> into vector<16xf32>
// CHECK: vector.gather
// CHECK-COUNT-16: memref.load %[[FLAGS]]
func.func @reads(%q: memref<1x8x16xf32>, %k: !k, %v: !v, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>,
                 %table: memref<?xf32, strided<[?], offset: ?>>, %flags: memref<?xi8>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    score(%x: f32, %b: index, %h: index, %r: index, %c: index) {
      %c3 = arith.constant 3 : index
      %d = arith.subi %r, %c : index
      %e = arith.maxsi %d, %c3 : index
      %p = arith.remsi %r, %c3 : index
      %at_key = memref.load %table[%c] : memref<?xf32, strided<[?], offset: ?>>
      %at_distance = memref.load %table[%e] : memref<?xf32, strided<[?], offset: ?>>
      %at_rest = memref.load %table[%p] : memref<?xf32, strided<[?], offset: ?>>
      %flag = memref.load %flags[%r] : memref<?xi8>
      %number = arith.sitofp %flag : i8 to f32
      %y = arith.addf %x, %at_key : f32
      %z = arith.addf %y, %at_distance : f32
      %w = arith.addf %z, %at_rest : f32
      %u = arith.addf %w, %number : f32
      attn.yield %u : f32
    } schedule(#cut) : memref<1x8x16xf32>, !k, !v
  return
}

// bf16 keys and values are widened as they are loaded; the state stays f32.
// CHECK-LABEL: func @bfloat
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: vector.contract {{.*}} into vector<6x16xf32>
func.func @bfloat(%q: memref<1x8x16xf32>, %k: memref<64x8xbf16>, %v: memref<64x24xbf16>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#cut) : memref<1x8x16xf32>, memref<64x8xbf16>, memref<64x24xbf16>
  return
}

// A row of keys is multiplied by its scale as it is widened, once a block; the
// products are as without scales.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<64x8xi8>, %[[KS:[a-z0-9]+]]: memref<64xf32, strided<[?], offset: ?>>
// CHECK: %[[COPY:.*]] = memref.alloc() {{.*}} : memref<64x8xf32>
// CHECK: scf.for %[[J:.*]] = %c0 to %c64
// CHECK:   %[[SCALE:.*]] = memref.load %[[KS]][%[[J]]]
// CHECK:   scf.for %[[D:.*]] = %c0 to %c8
// CHECK:     %[[BYTE:.*]] = memref.load %[[K]][%[[J]], %[[D]]]
// CHECK:     %[[NUMBER:.*]] = arith.sitofp %[[BYTE]] : i8 to f32
// CHECK:     %[[PRODUCT:.*]] = arith.mulf %[[NUMBER]], %[[SCALE]] : f32
// CHECK:     memref.store %[[PRODUCT]], %[[COPY]][%[[J]], %[[D]]]
// CHECK: arith.extf %{{.*}} : f8E4M3FN to f32
// CHECK: memref.reinterpret_cast %[[COPY]]
// CHECK: vector.contract {{.*}} into vector<6x16xf32>
func.func @scales(%k: memref<64x8xi8>, %ks: memref<64xf32, strided<[?], offset: ?>>, %q: memref<1x8x16xf32>, %v: memref<64x24xf8E4M3FN>, %vs: memref<64xf32, strided<[?], offset: ?>>,
                  %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) key_scale(%ks : memref<64xf32, strided<[?], offset: ?>>) value_scale(%vs : memref<64xf32, strided<[?], offset: ?>>)
    outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#cut) : memref<1x8x16xf32>, memref<64x8xi8>, memref<64x24xf8E4M3FN>
  return
}

// Floats with scales are copied too.
// CHECK-LABEL: func @scaled_floats
// CHECK: %[[NUMBER:.*]] = memref.load %{{.*}} : memref<64x8xf32>
// CHECK: arith.mulf %[[NUMBER]], %{{.*}} : f32
func.func @scaled_floats(%k: memref<64x8xf32>, %ks: memref<64xf32>, %q: memref<1x8x16xf32>, %i: index, %a: memref<1x8x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) key_scale(%ks : memref<64xf32>)
    outs(%a, %m, %s : memref<1x8x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#cut) : memref<1x8x16xf32>, memref<64x8xf32>, memref<64x8xf32>
  return
}

// Form row: keys and values enter by vectors along their rows, each row of K once
// for the four queries of a panel, where elements of a row are neighbours; else the
// block is copied. A tree of shuffles sums the lanes of sixteen accumulators.
// CHECK-LABEL: func @row
// CHECK-SAME: %[[Q:.*]]: memref<1x4x16xf32>, %[[K:.*]]: memref<64x16xf32, {{.*}}>, %[[V:.*]]: memref<64x48xbf16, {{.*}}>, %{{.*}}: index, %[[A:.*]]: memref<1x4x48xf32>
// CHECK: memref.extract_strided_metadata %[[K]]
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %{{.*}}, %c1
// CHECK: %[[ROWS:.*]] = scf.if %[[ONE]]
// CHECK:   memref.reinterpret_cast
// CHECK: } else {
// CHECK:   memref.load %[[K]]
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c4 iter_args
// CHECK-COUNT-4: vector.load %[[Q]]
// CHECK:   vector.load %[[ROWS]]
// CHECK:   memref.prefetch %[[ROWS]]
// CHECK-COUNT-4: vector.fma
// CHECK:   vector.shuffle
// CHECK:   arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c4 iter_args
// CHECK:   math.exp2 %{{.*}} : vector<16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1 iter_args
// CHECK:   arith.extf %{{.*}} : vector<16xbf16> to vector<16xf32>
// CHECK-COUNT-12: vector.fma
// CHECK-NOT: vector.fma
func.func @row(%q: memref<1x4x16xf32>, %k: memref<64x16xf32, strided<[?, ?], offset: ?>>, %v: memref<64x48xbf16, strided<[48, 1]>>, %i: index, %a: memref<1x4x48xf32>, %m: memref<1x4xf32>, %s: memref<1x4xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x4x48xf32>, memref<1x4xf32>, memref<1x4xf32>)
    schedule(#attn.schedule<query_block = 4, key_block = 64, panel = 4, rows = 4, form = row>) : memref<1x4x16xf32>, memref<64x16xf32, strided<[?, ?], offset: ?>>, memref<64x48xbf16, strided<[48, 1]>>
  return
}

// A width that is no multiple of a vector is filled up with zeros in a copy.
// CHECK-LABEL: func @filled
// CHECK-SAME: %[[K:[^ ]*]]: memref<64x20xf32>
// CHECK: %[[COPY:.*]] = memref.alloc() {{.*}} : memref<64x32xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c20
// CHECK: scf.for %{{.*}} = %c20 to %c32
// CHECK:   memref.store %{{.*}}, %[[COPY]]
func.func @filled(%k: memref<64x20xf32>, %q: memref<1x4x32xf32>, %i: index, %a: memref<1x4x32xf32>, %m: memref<1x4xf32>, %s: memref<1x4xf32>) {
  attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x4x32xf32>, memref<1x4xf32>, memref<1x4xf32>)
    schedule(#attn.schedule<query_block = 4, key_block = 64, panel = 4, rows = 4, form = row>) : memref<1x4x32xf32>, memref<64x20xf32>, memref<64x20xf32>
  return
}

// Parts of the keys merge row by row: maximum, sum, shares, weighted sum. A part
// without a share is not read.
// CHECK-LABEL: func @merge
// CHECK-SAME: %[[P:.*]]: memref<?x8x1x64xf32>, %[[L:.*]]: memref<?x8x1xf32>
// CHECK: scf.for %[[H:.*]] = %c0 to %c8
// CHECK:   memref.load %[[L]][%{{.*}}, %[[H]], %{{.*}}]
// CHECK:   arith.maximumf
// CHECK:   math.exp2
// CHECK:   arith.cmpf une
// CHECK:   scf.if
// CHECK:     memref.load %[[P]]
// CHECK-NOT: attn.merge_parts
func.func @merge(%p: memref<?x8x1x64xf32>, %l: memref<?x8x1xf32>, %o: memref<8x1x64xbf16>, %e: memref<8x1xf32>) {
  attn.merge_parts %p, %l outs(%o, %e : memref<8x1x64xbf16>, memref<8x1xf32>) : memref<?x8x1x64xf32>, memref<?x8x1xf32>
  return
}

// A bias whose neighbouring keys are neighbours in memory is transposed in registers,
// sixteen queries by sixteen keys at a time, where the scores are summed up from it;
// the rest goes element by element.
// CHECK-LABEL: func @bias
// CHECK-SAME: %[[B:.*]]: memref<1x1x?x?xf32, {{.*}}>
// CHECK: memref.extract_strided_metadata %[[B]]
// CHECK: arith.cmpi eq
// CHECK: %[[ROWS:.*]] = memref.reinterpret_cast
// CHECK: scf.for
// CHECK-COUNT-16: vector.load %[[ROWS]]
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store
// CHECK: memref.load %[[B]]
// CHECK: vector.contract
func.func @bias(%b: memref<1x1x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>, %q: memref<1x8x16xf32>, %k: !k, %v: !v, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) bias(%b : memref<1x1x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#cut) : memref<1x8x16xf32>, !k, !v
  return
}

}
