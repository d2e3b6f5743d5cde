// RUN: attn-opt %s --attn-emit-shape-functions --canonicalize --cse | FileCheck %s

// What types leave open is checked, and the first failure is written with the
// values of its message, of which there is room for four; then come the extents of the results, static ones too.
// CHECK-LABEL: func @attention(
// CHECK: func.func @attention.shapes(
// CHECK-SAME: %[[Q:.*]]: tensor<?x8x?x64xf32>, %[[K:.*]]: tensor<?x2x?x64xf32>, %[[V:.*]]: tensor<?x2x?x24xf32>, %[[OUT:.*]]: memref<?xi64>)
// CHECK-SAME: attn.messages = ["key has batch size {0}, query has {1}: expected them to be equal",
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C5:.*]] = arith.constant 5 : index
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[C11:.*]] = arith.constant 11 : index
// CHECK-DAG: %[[FIRST:.*]] = arith.constant 1 : i64
// CHECK-DAG: %[[WIDTH:.*]] = arith.constant 24 : i64
// CHECK-DAG: %[[QB:.*]] = tensor.dim %[[Q]], %[[C0]]
// CHECK-DAG: %[[KB:.*]] = tensor.dim %[[K]], %[[C0]]
// CHECK: %[[SO_FAR:.*]] = memref.load %[[OUT]][%[[C0]]]
// CHECK: %[[NONE:.*]] = arith.cmpi eq, %[[SO_FAR]]
// CHECK: %[[DIFFERENT:.*]] = arith.cmpi ne, %[[KB]], %[[QB]]
// CHECK: %[[FAILED:.*]] = arith.andi %[[NONE]], %[[DIFFERENT]]
// CHECK: scf.if %[[FAILED]]
// CHECK: memref.store %[[FIRST]], %[[OUT]][%[[C0]]]
// CHECK: memref.store %{{.*}}, %[[OUT]][%[[C5]]]
// CHECK: memref.store %[[WIDTH]], %[[OUT]][%[[C8]]]
// CHECK: memref.store %{{.*}}, %[[OUT]][%[[C11]]]
func.func @attention(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x24xf32>) -> (tensor<?x8x?x24xf32>, tensor<?x8x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x24xf32>) -> (tensor<?x8x?x24xf32>, tensor<?x8x?xf32>)
  return %o, %lse : tensor<?x8x?x24xf32>, tensor<?x8x?xf32>
}

// What a mask's operand holds is checked, element by element.
// CHECK: func.func @packed.shapes(
// CHECK-SAME: %[[STARTS:[^ ]+]]: tensor<?xi32>
// CHECK-SAME: attn.messages = [{{.*}}"mask docs holds boundary {1} after {0}, expected boundaries in ascending order"
// CHECK: scf.for
// CHECK: tensor.extract %[[STARTS]]
func.func @packed(%q: tensor<8x?x64xf32>, %cu: tensor<?xi32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(docs(%cu : tensor<?xi32>)) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// There is a scale for each key, head and batch element, and for each value.
// CHECK: func.func @scales.shapes(
// CHECK-SAME: attn.messages = [{{.*}}"key_scale has batch size {0}, key has {1}: expected them to be equal", "key_scale has {0} heads, key has {1}: expected them to be equal", "key_scale has {0} elements a head, key has {1} rows: expected them to be equal"
// CHECK-SAME: "value_scale has {0} elements a head, value has {1} rows: expected them to be equal"
func.func @scales(%q: tensor<?x8x?x64xf32>, %k: tensor<?x?x?x64xi8>, %v: tensor<?x?x?x64xi8>, %ks: tensor<?x?x?xf32>, %vs: tensor<?x?x?xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<?x?x?xf32>) value_scale(%vs : tensor<?x?x?xf32>)
    : (tensor<?x8x?x64xf32>, tensor<?x?x?x64xi8>, tensor<?x?x?x64xi8>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// Without a batch the first dimension of the scales is the heads.
// CHECK: func.func @scales_of_heads.shapes(
// CHECK-SAME: "key_scale has {0} heads, key has {1}: expected them to be equal", "key_scale has {0} elements a head
func.func @scales_of_heads(%q: tensor<8x?x64xf32>, %k: tensor<?x?x64xf32>, %ks: tensor<?x?xf32>) -> tensor<8x?x?xf32> {
  %p = attn.weights %q, %k key_scale(%ks : tensor<?x?xf32>) : (tensor<8x?x64xf32>, tensor<?x?x64xf32>) -> tensor<8x?x?xf32>
  return %p : tensor<8x?x?xf32>
}

// Entries of a table are checked where the mask lets some query see their keys: for
// each head the hull of the mask's intervals, then the pages from its floor to its
// ceiling. No check has failed where lengths are read.
// CHECK: func.func @paged.shapes(
// CHECK-SAME: %[[PAGES:[^ ]+]]: tensor<?x16x8x64xf32>, %[[TABLE:[^ ]+]]: tensor<?x?xi32>, %[[LENS:[^ ]+]]: tensor<?xi32>
// CHECK-SAME: "the table holds {0} for batch element {2}, entry {3}: expected the number of one of {1} pages"
// CHECK: scf.if
// CHECK: scf.for %[[B:.*]] =
// CHECK: %[[HULL:.*]]:2 = scf.for
// CHECK: tensor.extract %[[LENS]]
// CHECK-DAG: %[[FIRST:.*]] = affine.apply {{.*}}(%[[HULL]]#0)
// CHECK-DAG: %[[END:.*]] = affine.apply {{.*}}(%[[HULL]]#1)
// CHECK: scf.for %[[T:.*]] = %[[FIRST]] to %[[END]]
// CHECK: tensor.extract %[[TABLE]][%[[B]], %[[T]]]
func.func @paged(%q: tensor<?x8x?x64xf32>, %p: tensor<?x16x8x64xf32>, %t: tensor<?x?xi32>, %n: tensor<?xi32>) -> tensor<?x8x?x64xf32> {
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xf32>, tensor<?x?xi32> -> tensor<?x8x?x64xf32>
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<?xi32>)) : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
