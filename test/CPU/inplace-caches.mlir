// RUN: attn-opt %s --attn-plan=target=x86-64-v4 --attn-tile --attn-cpu | FileCheck %s

// In place: rows are copied to the memory of the result, which is that of the argument,
// and nothing else is; no memory is taken.
// CHECK-LABEL: func.func @inplace(
// CHECK-SAME: %[[CACHE:[^ ]+]]: memref<?x2x?x8xf32, strided<[?, ?, ?, ?], offset: ?>>, %[[NEW:[^ ]+]]: memref<?x2x?x8xf32, {{.*}}, %[[OUT:[^ ]+]]: memref<?x2x?x8xf32, strided<[?, ?, ?, ?], offset: ?>>)
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-NOT: %[[CACHE]]
// CHECK: scf.forall
// CHECK-DAG: %[[FROM:.*]] = memref.subview %[[NEW]]{{.*}} to memref<8xf32,
// CHECK-DAG: %[[TO:.*]] = memref.subview %[[OUT]]{{.*}} to memref<8xf32,
// CHECK: %[[ELEMENT:.*]] = memref.load %[[FROM]]
// CHECK: memref.store %[[ELEMENT]], %[[TO]]
// CHECK-NOT: memref.load
// CHECK: return
func.func @inplace(%c: tensor<?x2x?x8xf32> {attn.inplace}, %n: tensor<?x2x?x8xf32>, %p: tensor<?xi32>) -> tensor<?x2x?x8xf32> {
  %r = attn.kv_append %c, %n, %p : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>
  return %r : tensor<?x2x?x8xf32>
}

// Attention over pages that were just appended to reads the same memory.
// CHECK-LABEL: func.func @append_and_attend(
// CHECK-SAME: %[[Q:[^ ]+]]: memref<?x2x?x8xf32, {{[^)]*}}>>, %[[PAGES:[^ ]+]]: memref<?x16x2x8xf32, {{.*}}, %[[OUT:[^ ]+]]: memref<?x16x2x8xf32, strided<[?, ?, ?, ?], offset: ?>>)
// CHECK-NOT: memref.copy
// CHECK-NOT: memref<?x16x2x8xf32>
// CHECK: memref.subview %[[OUT]]{{.*}} [1, 16, 1, 8]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @append_and_attend(%q: tensor<?x2x?x8xf32>, %pages: tensor<?x16x2x8xf32> {attn.inplace}, %n: tensor<?x2x?x8xf32>, %p: tensor<?xi32>, %t: tensor<?x?xi32>) -> (tensor<?x2x?x8xf32>, tensor<?x16x2x8xf32>) {
  %r = attn.kv_append %pages, %n, %p table(%t : tensor<?x?xi32>) : tensor<?x16x2x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>
  %k = attn.paged_view %r, %t : tensor<?x16x2x8xf32>, tensor<?x?xi32> -> tensor<?x2x?x8xf32>
  %o = attn.sdpa %q, %k, %k mask(causal) offset(%p : tensor<?xi32>) : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  return %o, %r : tensor<?x2x?x8xf32>, tensor<?x16x2x8xf32>
}

// Without the mark the argument stays as it was: the result is a copy, with the rows.
// CHECK-LABEL: func.func @functional(
// CHECK-SAME: %[[OLD:[^ ]+]]: memref<?x2x?x8xf32,
// CHECK: memref.load %[[OLD]]
// CHECK: scf.forall
func.func @functional(%c: tensor<?x2x?x8xf32>, %n: tensor<?x2x?x8xf32>, %p: tensor<?xi32>) -> tensor<?x2x?x8xf32> {
  %r = attn.kv_append %c, %n, %p : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>
  return %r : tensor<?x2x?x8xf32>
}

// What the kernel still needs as it was is kept: the rows go to a copy.
// CHECK-LABEL: func.func @both(
// CHECK: memref.alloc
func.func @both(%q: tensor<?x2x?x8xf32>, %c: tensor<?x2x?x8xf32> {attn.inplace}, %n: tensor<?x2x?x8xf32>, %p: tensor<?xi32>) -> (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {
  %r = attn.kv_append %c, %n, %p : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>
  %o = attn.sdpa %q, %c, %c : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  return %o, %r : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
}
