// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

!state = tensor<1x16xf32>
!acc = tensor<1x24x16xf32>
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>

// CHECK-LABEL: func @plain
// CHECK: attn.step %{{.*}}, %{{.*}}, %{{.*}} at(%[[I:.*]], %[[I]], %[[I]], %[[I]]) of(%[[I]], %[[I]]) position(%[[I]]) rows(%[[I]]) outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x24x16xf32>, tensor<1x16xf32>, tensor<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (tensor<1x24x16xf32>, tensor<1x16xf32>, tensor<1x16xf32>)
func.func @plain(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %m: !state, %s: !state) -> (!acc, !state, !state) {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %r#0, %r#1, %r#2 : !acc, !state, !state
}

// CHECK-LABEL: func @clauses
// CHECK: rows(%{{.*}}) mask(all(causal, lens(%{{.*}} : tensor<?xi32>))) softcap(5.000000e+01) bias(%{{.*}} : tensor<1x1x?x?xf32>) outs(
func.func @clauses(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %n: tensor<?xi32>, %b: tensor<1x1x?x?xf32>,
                   %a: !acc, %m: !state, %s: !state) -> !acc {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) mask(all(causal, lens(%n : tensor<?xi32>))) softcap(50.0)
    bias(%b : tensor<1x1x?x?xf32>) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %r#0 : !acc
}

// Scores that are still to be multiplied say by what.
// CHECK-LABEL: func @factor
// CHECK: rows(%{{.*}}) factor(1.250000e-01) mask(causal) outs(
func.func @factor(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %m: !state, %s: !state) -> !acc {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) factor(0.125) mask(causal) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %r#0 : !acc
}

// A score program comes along; on buffers there are no results.
// CHECK-LABEL: func @buffers
// CHECK: attn.step {{.*}} outs(%{{.*}} : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) score (%[[S:.*]]: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:   attn.yield %[[S]] : f32
// CHECK: } schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : memref<1x8x16xf32>, memref<?x8xf32>, memref<?x24xf32>{{$}}
func.func @buffers(%q: memref<1x8x16xf32>, %k: memref<?x8xf32>, %v: memref<?x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    score(%x: f32, %b: index, %h: index, %r: index, %c: index) {
      attn.yield %x : f32
    } schedule(#cut) : memref<1x8x16xf32>, memref<?x8xf32>, memref<?x24xf32>
  return
}

// Several heads that share keys are one tile, their rows one after the other.
// CHECK-LABEL: func @heads
// CHECK-SAME: %[[G:[a-z0-9]+]]: index
// CHECK: attn.step {{.*}} rows(%{{.*}}) heads(%[[G]]) outs(
func.func @heads(%g: index, %q: memref<1x8x16xf32>, %k: memref<?x8xf32>, %v: memref<?x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) heads(%g) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : memref<1x8x16xf32>, memref<?x8xf32>, memref<?x24xf32>
  return
}

// Scales of keys and values are as long as the block.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[KS:[a-z0-9]+]]: memref<?xf32>, %[[VS:[a-z0-9]+]]: memref<?xf32>
// CHECK: attn.step {{.*}} rows(%{{.*}}) key_scale(%[[KS]] : memref<?xf32>) value_scale(%[[VS]] : memref<?xf32>) outs(
func.func @scales(%ks: memref<?xf32>, %vs: memref<?xf32>, %q: memref<1x8x16xf32>, %k: memref<?x8xi8>, %v: memref<?x24xf8E4M3FN>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) key_scale(%ks : memref<?xf32>) value_scale(%vs : memref<?xf32>)
    outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#cut) : memref<1x8x16xf32>, memref<?x8xi8>, memref<?x24xf8E4M3FN>
  return
}

// Scores that are the weights.
// CHECK-LABEL: func @unnormalized
// CHECK: rows(%{{.*}}) normalize(none) mask(causal) outs(
func.func @unnormalized(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %m: !state, %s: !state) -> !acc {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) normalize(none) mask(causal) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %r#0 : !acc
}

// Queries and keys that say where they stand: keys and values are whole.
// CHECK-LABEL: func @places
// CHECK-SAME: %[[QS:[a-z0-9]+]]: tensor<16xi32>, %[[KS:[a-z0-9]+]]: tensor<?xi32>
// CHECK: rows(%{{.*}}) places(%[[QS]], %[[KS]] : tensor<16xi32>, tensor<?xi32>) mask(causal) outs(
func.func @places(%qs: tensor<16xi32>, %ks: tensor<?xi32>, %q: tensor<1x8x16xf32>, %k: tensor<900x8xf32>, %v: tensor<900x24xf32>, %i: index, %a: !acc, %m: !state, %s: !state) -> !acc {
  %r:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : tensor<16xi32>, tensor<?xi32>) mask(causal) outs(%a, %m, %s : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<900x8xf32>, tensor<900x24xf32> -> (!acc, !state, !state)
  return %r#0 : !acc
}
