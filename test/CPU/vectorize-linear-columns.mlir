// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {

// Some columns of the values, as many as a run tells: register tiles go as far, and
// the vector that two by two leave over, column 64 on, is only gone to by parts that
// reach it. So is what is added to the state.
// CHECK-DAG: #[[LIMIT:.*]] = affine_map<()[s0] -> (64, s0)>
// CHECK-LABEL: func @delta
// CHECK-SAME: %[[K:.*]]: memref<?x64xf32>, %[[V:.*]]: memref<?x?xf32>, %[[BETA:.*]]: memref<?xf32>, %[[S:.*]]: memref<64x80xf32>
// CHECK-DAG: %[[VALUES:.*]] = memref.alloc() {{.*}}attn.scratch = "linear.values"} : memref<64x80xf32>
// CHECK-DAG: %[[E:.*]] = memref.dim %[[V]], %c1
// CHECK: %[[END:.*]] = affine.min #[[LIMIT]]()[%[[E]]]
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c32
// CHECK: vector.store %{{.*}}, %[[VALUES]]
// CHECK: scf.for %{{.*}} = %c64 to %[[E]] step %c32
// CHECK: vector.store %{{.*}}, %[[VALUES]]
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c32
// CHECK: vector.store %{{.*}}, %[[S]]
// CHECK: scf.for %{{.*}} = %c64 to %[[E]] step %c32
// CHECK: vector.store %{{.*}}, %[[S]]
func.func @delta(%k: memref<?x64xf32>, %v: memref<?x?xf32>, %b: memref<?xf32>, %s: memref<64x80xf32>) {
  attn.linear_step %k, %v beta(%b : memref<?xf32>) delta scale(1.0) outs(%s : memref<64x80xf32>) schedule(#chunk) : memref<?x64xf32>, memref<?x?xf32>
  return
}

}
