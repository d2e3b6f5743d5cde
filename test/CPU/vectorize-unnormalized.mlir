// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>
#few = #attn.schedule<query_block = 4, key_block = 64, panel = 4, rows = 4, form = row>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {

// Without softmax the two products follow each other: no maximum is searched, nothing is
// exponentiated, and the accumulator is not multiplied.
// CHECK-LABEL: func @transposed
// CHECK-SAME: %{{.*}}: memref<1x8x16xf32>, %{{.*}}: memref<64x8xf32>, %{{.*}}: memref<64x24xf32>, %{{.*}}: index, %[[A:.*]]: memref<1x24x16xf32>, %[[M:.*]]: memref<1x16xf32>, %[[S:.*]]: memref<1x16xf32>
// CHECK-NOT: math.exp2
// CHECK-NOT: arith.cmpf
// CHECK-NOT: arith.mulf
// CHECK-NOT: %[[M]]
// CHECK-NOT: %[[S]]
// CHECK: %[[P:.*]] = memref.alloc() {{.*}} : memref<64x16xf32>
// CHECK:   scf.for %{{.*}} = %c0 to %c64 step %c6
// CHECK:     vector.contract
// CHECK-COUNT-6: vector.store %{{.*}}, %[[P]]
// CHECK-NOT: math.exp2
// CHECK-NOT: arith.mulf
// CHECK:   scf.for %{{.*}} = %c0 to %c24 step %c6
// CHECK-COUNT-6: vector.load %[[A]]
// CHECK:       vector.load %[[P]]
// CHECK:       vector.contract
// CHECK-COUNT-6: vector.store %{{.*}}, %[[A]]
// CHECK: return
func.func @transposed(%q: memref<1x8x16xf32>, %k: memref<64x8xf32>, %v: memref<64x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) normalize(none) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#cut) : memref<1x8x16xf32>, memref<64x8xf32>, memref<64x24xf32>
  return
}

// What the program yields is the weight, in its own units; a masked pair weighs 0.
// CHECK-LABEL: func @program
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK-NOT: math.exp2
// CHECK-NOT: 0xFF800000
// CHECK-NOT: 1.4426
// CHECK: %[[RELU:.*]] = arith.maximumf %{{.*}} : vector<16xf32>
// CHECK: %[[WEIGHT:.*]] = arith.select %{{.*}}, %[[RELU]], %[[ZERO]] : vector<16xi1>, vector<16xf32>
// CHECK-NEXT: vector.store %[[WEIGHT]]
// CHECK-NOT: math.exp2
// CHECK: return
func.func @program(%q: memref<1x8x16xf32>, %k: memref<64x8xf32>, %v: memref<64x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) normalize(none) mask(causal) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    score(%x: f32, %b: index, %h: index, %r: index, %c: index) {
      %zero = arith.constant 0.0 : f32
      %y = arith.maximumf %x, %zero : f32
      attn.yield %y : f32
    } schedule(#cut) : memref<1x8x16xf32>, memref<64x8xf32>, memref<64x24xf32>
  return
}

// Form row: one loop makes the weights, with the scales of values in them, the next the sums.
// CHECK-LABEL: func @row
// CHECK-SAME: %{{.*}}: index, %{{.*}}: memref<1x4x16xf32>, %[[M:.*]]: memref<1x4xf32>, %[[S:.*]]: memref<1x4xf32>, %[[VS:.*]]: memref<64xf32>
// CHECK-NOT: math.exp2
// CHECK-NOT: arith.cmpf
// CHECK-NOT: %[[M]]
// CHECK-NOT: %[[S]]
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c4 {
// CHECK:   memref.load %[[VS]]
// CHECK:   arith.mulf
// CHECK:   vector.store
// CHECK-NOT: arith.mulf
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1 iter_args
// CHECK-COUNT-4: vector.fma
// CHECK-NOT: vector.fma
// CHECK: return
func.func @row(%q: memref<1x4x16xf32>, %k: memref<64x16xf32>, %v: memref<64x16xf32>, %i: index, %a: memref<1x4x16xf32>, %m: memref<1x4xf32>, %s: memref<1x4xf32>, %vs: memref<64xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) normalize(none) value_scale(%vs : memref<64xf32>) outs(%a, %m, %s : memref<1x4x16xf32>, memref<1x4xf32>, memref<1x4xf32>)
    schedule(#few) : memref<1x4x16xf32>, memref<64x16xf32>, memref<64x16xf32>
  return
}

// Parts that are not normalised are added: no logarithm, no exponential.
// CHECK-LABEL: func @merge
// CHECK-NOT: math.
// CHECK: arith.addf
// CHECK-NOT: math.
// CHECK: return
func.func @merge(%p: memref<?x8x1x64xf32>, %o: memref<8x1x64xbf16>) {
  attn.merge_parts %p outs(%o : memref<8x1x64xbf16>) : memref<?x8x1x64xf32>
  return
}
}
