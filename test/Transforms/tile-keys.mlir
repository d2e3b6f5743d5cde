// RUN: attn-opt %s --attn-tile-keys | FileCheck %s

!state = tensor<1x16xf32>
!acc = tensor<1x24x16xf32>
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>

// One step over all keys becomes a loop over blocks of 64, the last one ragged; the
// mask stays with every block.
// CHECK-DAG: #[[SIZE:.*]] = affine_map<(d0)[s0] -> ({{.*}}64{{.*}})>
// CHECK-LABEL: func @loop
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x16xf32>, %[[K:.*]]: tensor<?x8xf32>, %[[V:.*]]: tensor<?x24xf32>, %{{.*}}: index, %[[A:.*]]: tensor<1x24x16xf32>, %[[M:.*]]: tensor<1x16xf32>, %[[S:.*]]: tensor<1x16xf32>
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[K]], %[[C0]]
// CHECK: %[[LOOP:.*]]:3 = scf.for %[[J:.*]] = %{{.*}} to %[[N]] step %[[C64]] iter_args(%[[AI:.*]] = %[[A]], %[[MI:.*]] = %[[M]], %[[SI:.*]] = %[[S]])
// CHECK:   %[[COUNT:.*]] = affine.min #[[SIZE]](%[[J]])
// CHECK:   %[[KB:.*]] = tensor.extract_slice %[[K]][%[[J]], 0] [%[[COUNT]], 8] [1, 1]
// CHECK:   %[[VB:.*]] = tensor.extract_slice %[[V]][%[[J]], 0] [%[[COUNT]], 24] [1, 1]
// CHECK:   %[[STEP:.*]]:3 = attn.step %[[Q]], %[[KB]], %[[VB]] {{.*}} mask(causal) outs(%[[AI]], %[[MI]], %[[SI]] :
// CHECK:   scf.yield %[[STEP]]#0, %[[STEP]]#1, %[[STEP]]#2
// CHECK: return %[[LOOP]]#0, %[[LOOP]]#1, %[[LOOP]]#2
func.func @loop(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %m: !state, %s: !state) -> (!acc, !state, !state) {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) mask(causal) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %r#0, %r#1, %r#2 : !acc, !state, !state
}

// Keys and values may be one tensor, which is sliced once.
// CHECK-LABEL: func @shared
// CHECK: scf.for
// CHECK-COUNT-1: tensor.extract_slice
// CHECK-NOT: tensor.extract_slice
// CHECK: attn.step %{{.*}}, %[[B:.*]], %[[B]] at
func.func @shared(%q: tensor<1x8x16xf32>, %k: tensor<100x8xf32>, %i: index, %a: tensor<1x8x16xf32>, %m: !state, %s: !state) -> tensor<1x8x16xf32> {
  %r:3 = attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : tensor<1x8x16xf32>, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<100x8xf32>, tensor<100x8xf32> -> (tensor<1x8x16xf32>, !state, !state)
  return %r#0 : tensor<1x8x16xf32>
}

// Scales are cut as the keys and values that they belong to.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<?xf32>, %[[VS:[a-z0-9]+]]: tensor<?xf32>
// CHECK: scf.for %[[J:.*]] = %{{.*}} to
// CHECK:   %[[COUNT:.*]] = affine.min
// CHECK-DAG: %[[KSB:.*]] = tensor.extract_slice %[[KS]][%[[J]]] [%[[COUNT]]] [1]
// CHECK-DAG: %[[VSB:.*]] = tensor.extract_slice %[[VS]][%[[J]]] [%[[COUNT]]] [1]
// CHECK: attn.step {{.*}} key_scale(%[[KSB]] : tensor<?xf32>) value_scale(%[[VSB]] : tensor<?xf32>)
func.func @scales(%ks: tensor<?xf32>, %vs: tensor<?xf32>, %q: tensor<1x8x16xf32>, %k: tensor<?x8xi8>, %v: tensor<?x24xi8>, %i: index, %a: !acc, %m: !state, %s: !state) -> !acc {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) key_scale(%ks : tensor<?xf32>) value_scale(%vs : tensor<?xf32>) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xi8>, tensor<?x24xi8> -> (!acc, !state, !state)
  return %r#0 : !acc
}

// Where keys have places, those are cut; keys and values stay whole.
// CHECK-LABEL: func @places
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<?xi32>, %[[QS:[a-z0-9]+]]: tensor<16xi32>, %{{.*}}: tensor<1x8x16xf32>, %[[K:.*]]: tensor<900x8xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[KS]]
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %[[N]] step
// CHECK:   %[[COUNT:.*]] = affine.min
// CHECK:   %[[BLOCK:.*]] = tensor.extract_slice %[[KS]][%[[J]]] [%[[COUNT]]] [1]
// CHECK:   attn.step %{{.*}}, %[[K]], %[[K]] {{.*}} places(%[[QS]], %[[BLOCK]] : tensor<16xi32>, tensor<?xi32>)
func.func @places(%ks: tensor<?xi32>, %qs: tensor<16xi32>, %q: tensor<1x8x16xf32>, %k: tensor<900x8xf32>, %i: index, %a: tensor<1x8x16xf32>, %m: !state, %s: !state) -> tensor<1x8x16xf32> {
  %r:3 = attn.step %q, %k, %k at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : tensor<16xi32>, tensor<?xi32>) outs(%a, %m, %s : tensor<1x8x16xf32>, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<900x8xf32>, tensor<900x8xf32> -> (tensor<1x8x16xf32>, !state, !state)
  return %r#0 : tensor<1x8x16xf32>
}
