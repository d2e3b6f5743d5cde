// RUN: attn-opt %s --attn-lower-parts --canonicalize | FileCheck %s

// Each row is inserted where it belongs: position pos[b] + m, modulo the length.
// CHECK-LABEL: func @ring
// CHECK-SAME: %[[C:[^ ]+]]: tensor<?x2x?x8xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[M:.*]]) in ({{.*}}) shared_outs(%[[INTO:.*]] = %[[C]])
// CHECK: %[[POS:.*]] = tensor.extract
// CHECK: %[[FROM:.*]] = arith.index_cast %[[POS]]
// CHECK: %[[P:.*]] = arith.addi %[[FROM]], %[[M]]
// CHECK: %[[AT:.*]] = arith.remui %[[P]], %{{.*}}
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[INTO]][%[[B]], %[[H]], %[[AT]], 0] [1, 1, 1, 8]
func.func @ring(%c: tensor<?x2x?x8xf32>, %n: tensor<?x2x?x8xf32>, %p: tensor<?xi32>) -> tensor<?x2x?x8xf32> {
  %r = attn.kv_append %c, %n, %p ring : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>
  return %r : tensor<?x2x?x8xf32>
}

// A table says which page a row goes to.
// CHECK-LABEL: func @paged
// CHECK-SAME: %[[P:[^ ]+]]: tensor<?x16x2xf32>, %[[N:[^ ]+]]: tensor<?x2x?xf32>, %{{[^ ]+}}: tensor<?xi32>, %[[T:[^ ]+]]: tensor<?x?xi32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[M:.*]]) in ({{.*}}) shared_outs(%[[INTO:.*]] = %[[P]])
// CHECK: %[[NUMBER:.*]] = arith.divui %[[AT:.*]], %c16
// CHECK: %[[ENTRY:.*]] = tensor.extract %[[T]][%[[B]], %[[NUMBER]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast %[[ENTRY]]
// CHECK: %[[ROW:.*]] = arith.remui %[[AT]], %c16
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[INTO]][%[[PAGE]], %[[ROW]], %[[H]]] [1, 1, 1]
func.func @paged(%p: tensor<?x16x2xf32>, %n: tensor<?x2x?xf32>, %pos: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<?x16x2xf32> {
  %r = attn.kv_append %p, %n, %pos scales table(%t : tensor<?x?xi32>) : tensor<?x16x2xf32>, tensor<?x2x?xf32>, tensor<?xi32>
  return %r : tensor<?x16x2xf32>
}

// A view that is wanted whole is copied; where an entry names no page, nothing is read.
// CHECK-LABEL: func @view
// CHECK: linalg.generic
// CHECK: %[[EXISTS:.*]] = arith.andi
// CHECK: scf.if %[[EXISTS]]
// CHECK: tensor.extract
// CHECK: } else {
func.func @view(%p: tensor<?x16x2x8xf32>, %t: tensor<?x?xi32>) -> tensor<?x2x?x8xf32> {
  %r = attn.paged_view %p, %t : tensor<?x16x2x8xf32>, tensor<?x?xi32> -> tensor<?x2x?x8xf32>
  return %r : tensor<?x2x?x8xf32>
}
