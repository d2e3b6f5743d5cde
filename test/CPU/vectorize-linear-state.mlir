// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

!strided = memref<8x5xf32, strided<[?, ?], offset: ?>>

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {

// The state before the first token: rows of 5 are padded with zeros to whole vectors.
// CHECK-LABEL: func @enters
// CHECK-SAME: %[[USER:.*]]: memref<8x5xf32, {{.*}}>, %[[FOLD:.*]]: memref<8x16xf32>
// CHECK: vector.store %{{.*}}, %[[FOLD]]
// CHECK: %[[X:.*]] = memref.load %[[USER]]
// CHECK: memref.store %[[X]], %[[FOLD]]
// CHECK-NOT: attn.linear_state
func.func @enters(%user: !strided, %fold: memref<8x16xf32>) {
  attn.linear_state from(%user : !strided) outs(%fold : memref<8x16xf32>)
  return
}

// Rows that are whole vectors, and of neighbours, have no padding to clear.
// CHECK-LABEL: func @enters_whole
// CHECK-SAME: %[[USER:.*]]: memref<8x16xf32>, %[[FOLD:.*]]: memref<8x16xf32>
// CHECK: %[[X:.*]] = vector.load %[[USER]]
// CHECK: vector.store %[[X]], %[[FOLD]]
func.func @enters_whole(%user: memref<8x16xf32>, %fold: memref<8x16xf32>) {
  attn.linear_state from(%user : memref<8x16xf32>) outs(%fold : memref<8x16xf32>)
  return
}

// The state after the last token: of each row no more than its 5 columns is written, in
// memory of any strides …
// CHECK-LABEL: func @leaves
// CHECK-SAME: %[[FOLD:.*]]: memref<8x16xf32>, %[[USER:.*]]: memref<8x5xf32, {{.*}}>
// CHECK-NOT: vector.store
// CHECK: %[[X:.*]] = memref.load %[[FOLD]]
// CHECK: memref.store %[[X]], %[[USER]]
// CHECK-NOT: vector.store
func.func @leaves(%fold: memref<8x16xf32>, %user: !strided) {
  attn.linear_state from(%fold : memref<8x16xf32>) outs(%user : !strided)
  return
}

// … and where rows are neighbours: a vector would reach into the next row, and behind
// the last one.
// CHECK-LABEL: func @leaves_to_neighbours
// CHECK-SAME: %[[FOLD:.*]]: memref<8x16xf32>, %[[USER:.*]]: memref<8x5xf32>
// CHECK-NOT: vector.store
// CHECK: %[[X:.*]] = memref.load %[[FOLD]]
// CHECK: memref.store %[[X]], %[[USER]]
// CHECK-NOT: vector.store
func.func @leaves_to_neighbours(%fold: memref<8x16xf32>, %user: memref<8x5xf32>) {
  attn.linear_state from(%fold : memref<8x16xf32>) outs(%user : memref<8x5xf32>)
  return
}

// Zeros, where there is no state before the first token.
// CHECK-LABEL: func @zeros
// CHECK-SAME: %[[FOLD:.*]]: memref<8x16xf32>
// CHECK: vector.store %{{.*}}, %[[FOLD]]
// CHECK-NOT: memref.load
func.func @zeros(%fold: memref<8x16xf32>) {
  attn.linear_state outs(%fold : memref<8x16xf32>)
  return
}
// Some columns of the user's state, as many as a run tells, enter in whole vectors
// and then one by one; the others of the fold are zeros.
// CHECK-LABEL: func @some_columns_enter
// CHECK-SAME: %[[USER:.*]]: memref<8x?xf32, {{.*}}>, %[[FOLD:.*]]: memref<8x48xf32>
// CHECK: %[[E:.*]] = memref.dim %[[USER]], %c1
// CHECK: %[[WHOLE:.*]] = affine.apply #{{.*}}()[%[[E]]]
// CHECK: scf.for %[[REST:.*]] = %[[WHOLE]] to %c48 step %c16
// CHECK: vector.store %{{.*}}, %[[FOLD]][%{{.*}}, %[[REST]]]
// CHECK: scf.for %[[FIRST:.*]] = %c0 to %[[WHOLE]] step %c16
// CHECK: vector.store %{{.*}}, %[[FOLD]][%{{.*}}, %[[FIRST]]]
// CHECK: scf.for %[[ONE:.*]] = %[[WHOLE]] to %[[E]] step %c1
// CHECK: memref.load %[[USER]][%{{.*}}, %[[ONE]]]
func.func @some_columns_enter(%user: memref<8x?xf32, strided<[?, ?], offset: ?>>, %fold: memref<8x48xf32>) {
  attn.linear_state from(%user : memref<8x?xf32, strided<[?, ?], offset: ?>>) outs(%fold : memref<8x48xf32>)
  return
}

// And leave.
// CHECK-LABEL: func @some_columns_leave
// CHECK-SAME: %[[FOLD:.*]]: memref<8x48xf32>, %[[USER:.*]]: memref<8x?xf32, {{.*}}>
// CHECK: %[[E:.*]] = memref.dim %[[USER]], %c1
// CHECK: %[[WHOLE:.*]] = affine.apply #{{.*}}()[%[[E]]]
// CHECK: scf.for %{{.*}} = %c0 to %[[WHOLE]] step %c16
// CHECK: scf.for %[[ONE:.*]] = %[[WHOLE]] to %[[E]] step %c1
// CHECK: memref.store %{{.*}}, %[[USER]][%{{.*}}, %[[ONE]]]
func.func @some_columns_leave(%fold: memref<8x48xf32>, %user: memref<8x?xf32, strided<[?, ?], offset: ?>>) {
  attn.linear_state from(%fold : memref<8x48xf32>) outs(%user : memref<8x?xf32, strided<[?, ?], offset: ?>>)
  return
}

}
