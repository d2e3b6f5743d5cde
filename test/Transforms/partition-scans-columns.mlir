// RUN: attn-opt %s --split-input-file --attn-partition-scans --canonicalize --cse | FileCheck %s

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 46>

// The runtime says how many columns a cell takes; cells read all of the keys,
// and write, read and carry their columns alone. The last one has what is left.
// CHECK-DAG: #[[COUNT:.*]] = affine_map<()[s0] -> (128 ceildiv s0)>
// CHECK-LABEL: func @delta
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x?x64xf32>, %[[K:.*]]: tensor<?x2x?x64xf32>, %[[V:.*]]: tensor<?x2x?x128xf32>, %[[BETA:.*]]: tensor<?x2x?xf32>, %[[S:.*]]: tensor<?x2x64x128xf32>
// CHECK: %[[STATES:.*]] = arith.muli %{{.*}}, %c2
// CHECK: %[[SIZE:.*]] = attn.cell_columns states(%[[STATES]]) width(128) least(32) shared(46)
// CHECK: %[[PARTS:.*]] = affine.apply #[[COUNT]]()[%[[SIZE]]]
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[P:.*]]) in (%{{.*}}, 2, %[[PARTS]]) shared_outs(%[[OUT:.*]] = %{{.*}}, %[[LAST:.*]] = %{{.*}})
// CHECK: %[[FIRST:.*]] = arith.muli %[[P]], %[[SIZE]]
// CHECK: %[[E:.*]] = affine.min #{{.*}}(%[[FIRST]])[%[[SIZE]]]
// CHECK: tensor.extract_slice %[[OUT]][%[[B]], %{{.*}}, 0, %[[FIRST]]] [1, 2, %{{.*}}, %[[E]]] [1, 1, 1, 1] : tensor<?x4x?x128xf32> to tensor<2x?x?xf32>
// CHECK: %[[S0:.*]] = tensor.extract_slice %[[S]][%[[B]], %[[H]], 0, %[[FIRST]]] [1, 1, 64, %[[E]]] [1, 1, 1, 1] : tensor<?x2x64x128xf32> to tensor<64x?xf32>
// CHECK: %[[STATE:.*]] = attn.linear_state from(%[[S0]] : tensor<64x?xf32>) outs(%{{.*}} : tensor<64x128xf32>)
// CHECK-DAG: %[[ROWS:.*]] = tensor.extract_slice %[[Q]][%[[B]], %{{.*}}, 0, 0]
// CHECK-DAG: %[[KEYS:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[H]], 0, 0]
// CHECK-DAG: %[[VALUES:.*]] = tensor.extract_slice %[[V]][%[[B]], %[[H]], 0, %[[FIRST]]] [1, 1, %{{.*}}, %[[E]]]
// CHECK: %[[STEP:.*]]:2 = attn.linear_step %[[KEYS]], %[[VALUES]] query(%[[ROWS]] : tensor<2x?x64xf32>) {{.*}} delta {{.*}} outs(%[[STATE]] : tensor<64x128xf32>)
// CHECK: %[[END:.*]] = attn.linear_state from(%[[STEP]]#1 : tensor<64x128xf32>) outs(%{{.*}} : tensor<64x?xf32>)
// CHECK: tensor.parallel_insert_slice %[[STEP]]#0 into %[[OUT]][%[[B]], %{{.*}}, 0, %[[FIRST]]]
// CHECK: tensor.parallel_insert_slice %[[END]] into %[[LAST]][%[[B]], %[[H]], 0, %[[FIRST]]]
func.func @delta(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x128xf32>, %b: tensor<?x2x?xf32>, %s: tensor<?x2x64x128xf32>) -> (tensor<?x4x?x128xf32>, tensor<?x2x64x128xf32>) {
  %o, %t = attn.linear %q, %k, %v beta(%b : tensor<?x2x?xf32>) state(%s : tensor<?x2x64x128xf32>) causal delta schedule(#columns)
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x128xf32>) -> (tensor<?x4x?x128xf32>, tensor<?x2x64x128xf32>)
  return %o, %t : tensor<?x4x?x128xf32>, tensor<?x2x64x128xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// The state that is updated in place is read and written by the same columns.
// CHECK-LABEL: func @inplace
// CHECK-SAME: %[[S:[a-z0-9]*]]: tensor<4x64x64xf32> {attn.inplace}
// CHECK: scf.forall {{.*}} shared_outs(%{{.*}} = %{{.*}}, %[[SHARED:.*]] = %[[S]])
// CHECK: %[[START:.*]] = tensor.extract_slice %[[SHARED]][%{{.*}}, 0, %[[FIRST:[0-9]*]]] [1, 64, %[[E:[0-9]*]]]
// CHECK: attn.linear_state from(%[[START]]
// CHECK: tensor.parallel_insert_slice %{{.*}} into %[[SHARED]][%{{.*}}, 0, %[[FIRST]]] [1, 64, %[[E]]]
func.func @inplace(%q: tensor<4x?x64xf32>, %b: tensor<4x?xf32>, %s: tensor<4x64x64xf32> {attn.inplace}) -> (tensor<4x?x64xf32>, tensor<4x64x64xf32>) {
  %o, %t = attn.linear %q, %q, %q beta(%b : tensor<4x?xf32>) state(%s : tensor<4x64x64xf32>) causal delta schedule(#columns)
    : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> (tensor<4x?x64xf32>, tensor<4x64x64xf32>)
  return %o, %t : tensor<4x?x64xf32>, tensor<4x64x64xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// Documents are cells, which wait for the longest one: as many states as it would
// go into the text are what threads are counted for.
// CHECK-DAG: #[[LARGER:.*]] = affine_map<(d0, d1, d2) -> (d1 - d2, d0)>
// CHECK-LABEL: func @documents
// CHECK: %[[LONGEST:.*]] = scf.for %{{.*}} = %c0 to %[[COUNT:.*]] step %c1 iter_args(%[[SO_FAR:.*]] = %c1)
// CHECK: affine.max #[[LARGER]](%[[SO_FAR]], %{{.*}}, %{{.*}})
// CHECK: %[[EACH:.*]] = arith.divui %{{.*}}, %[[LONGEST]]
// CHECK: %[[STATES:.*]] = arith.muli %[[EACH]], %c4
// CHECK: attn.cell_columns states(%[[STATES]]) width(64) least(32) shared(40)
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (4, %[[COUNT]], %{{.*}})
// CHECK-NOT: scf.for
// CHECK: attn.linear_step {{.*}} : tensor<?x64xf32>, tensor<?x?xf32>
func.func @documents(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal schedule(#columns) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// The state after the last one keeps them in one cell, by columns alone.
// CHECK-LABEL: func @documents_and_state
// CHECK: attn.cell_columns states(%c4) width(64) least(32) shared(40)
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (4, %{{.*}})
// CHECK: scf.for
// CHECK: attn.linear_step {{.*}} : tensor<?x64xf32>, tensor<?x?xf32>
func.func @documents_and_state(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> (tensor<4x?x64xf32>, tensor<4x64x64xf32>) {
  %o, %s = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal schedule(#columns) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> (tensor<4x?x64xf32>, tensor<4x64x64xf32>)
  return %o, %s : tensor<4x?x64xf32>, tensor<4x64x64xf32>
}

// -----

#both = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128, columns = 32, shared = 40>

// Tokens that are cut into parts come before columns.
// CHECK-LABEL: func @tokens_first
// CHECK-NOT: attn.cell_columns
// CHECK: return
func.func @tokens_first(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q causal schedule(#both) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// What all columns are divided by is one of them, whatever the schedule says.
// CHECK-LABEL: func @normalised
// CHECK-NOT: attn.cell_columns
// CHECK: return
func.func @normalised(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal normalize eps(0.0) schedule(#columns) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// 32 columns are one part.
// CHECK-LABEL: func @narrow
// CHECK-NOT: attn.cell_columns
// CHECK: return
func.func @narrow(%q: tensor<4x?x64xf32>, %v: tensor<4x?x32xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x32xf32> {
  %o = attn.linear %q, %q, %v beta(%b : tensor<4x?xf32>) causal delta schedule(#columns) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
  return %o : tensor<4x?x32xf32>
}

// -----

#columns = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>

// Without order nothing is cut by columns.
// CHECK-LABEL: func @all_tokens
// CHECK-NOT: attn.cell_columns
// CHECK: return
func.func @all_tokens(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q schedule(#columns) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}
