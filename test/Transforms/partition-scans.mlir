// RUN: attn-opt %s --split-input-file --attn-partition-scans --canonicalize | FileCheck %s

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// A cell for each batch element and head of the state: two heads of queries read
// the state of one head of keys. The state, of 64 columns, is whole panels.
// CHECK-LABEL: func @grouped
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]]) in (%{{.*}}, 4) shared_outs(%[[OUT:.*]] = %{{.*}}, %[[LAST:.*]] = %{{.*}})
// CHECK: %[[HEADS:.*]] = affine.apply #{{.*}}(%[[H]])
// CHECK-DAG: %[[ROWS:.*]] = tensor.extract_slice %[[OUT]][%[[B]], %[[HEADS]], 0, 0] [1, 2, %{{.*}}, 64] [1, 1, 1, 1] : tensor<?x8x?x64xf32> to tensor<2x?x64xf32>
// CHECK: tensor.empty() : tensor<64x64xf32>
// CHECK: %[[S0:.*]] = tensor.extract_slice %{{.*}}[%[[B]], %[[H]], 0, 0] [1, 1, 64, 64] [1, 1, 1, 1] : tensor<?x4x64x64xf32> to tensor<64x64xf32>
// CHECK: %[[STATE:.*]] = attn.linear_state from(%[[S0]] : tensor<64x64xf32>) outs(%{{.*}} : tensor<64x64xf32>)
// CHECK: %[[STEP:.*]]:2 = attn.linear_step %{{.*}}, %{{.*}} query(%{{.*}} : tensor<2x?x64xf32>) out(%[[ROWS]] : tensor<2x?x64xf32>) scale(1.000000e+00) outs(%[[STATE]] : tensor<64x64xf32>)
// CHECK: %[[END:.*]] = attn.linear_state from(%[[STEP]]#1 : tensor<64x64xf32>)
// CHECK: tensor.parallel_insert_slice %[[STEP]]#0 into %[[OUT]]
// CHECK: tensor.parallel_insert_slice %[[END]] into %[[LAST]]
func.func @grouped(%q: tensor<?x8x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>, %s: tensor<?x4x64x64xf32>) -> (tensor<?x8x?x64xf32>, tensor<?x4x64x64xf32>) {
  %o, %t = attn.linear %q, %k, %v state(%s : tensor<?x4x64x64xf32>) causal schedule(#chunk)
    : (tensor<?x8x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> (tensor<?x8x?x64xf32>, tensor<?x4x64x64xf32>)
  return %o, %t : tensor<?x8x?x64xf32>, tensor<?x4x64x64xf32>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Without order all keys come first, and then queries, block by block. The column
// of sums pads the state to 80.
// CHECK-LABEL: func @all_tokens
// CHECK: scf.forall
// CHECK: %[[STATE:.*]] = attn.linear_step %{{.*}}, %{{.*}} normalize(0.000000e+00) scale(1.000000e+00) outs(%{{.*}} : tensor<64x80xf32>)
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c64
// CHECK: attn.linear_read %{{.*}}, %[[STATE]] normalize(0.000000e+00)
func.func @all_tokens(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %k, %v normalize eps(0.0) schedule(#chunk) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Each document is a cell, and begins with the first state; a constant of the head is
// one number.
// CHECK-LABEL: func @documents
// CHECK-SAME: %[[Q:.*]]: tensor<8x?x64xf32>, %{{.*}}: tensor<8x?x64xf32>, %{{.*}}: tensor<8x?x64xf32>, %[[DECAY:.*]]: tensor<8xf32>, %[[CU:.*]]: tensor<?xi32>
// CHECK: %[[BOUNDS:.*]] = tensor.dim %[[CU]]
// CHECK: %[[COUNT:.*]] = affine.apply #{{.*}}()[%[[BOUNDS]]]
// CHECK: scf.forall (%[[H:.*]], %[[DOC:.*]]) in (8, %[[COUNT]]) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK: %[[FIRST:.*]] = tensor.extract %[[CU]][%[[DOC]]]
// CHECK: %[[BEGIN:.*]] = arith.index_cast %[[FIRST]]
// CHECK: %[[SIZE:.*]] = affine.apply #{{.*}}(%{{.*}}, %[[BEGIN]])
// CHECK: %[[FRESH:.*]] = attn.linear_state outs(%{{.*}} : tensor<64x64xf32>)
// CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[Q]][%[[H]], %[[BEGIN]], 0] [1, %[[SIZE]], 64]
// CHECK: %[[G:.*]] = tensor.extract_slice %[[DECAY]][%[[H]]] [1] [1] : tensor<8xf32> to tensor<1xf32>
// CHECK: %[[STEP:.*]]:2 = attn.linear_step %{{.*}}, %{{.*}} query(%[[ROWS]] : tensor<1x?x64xf32>) decay(%[[G]] : tensor<1xf32>) {{.*}} outs(%[[FRESH]] : tensor<64x64xf32>)
// CHECK: tensor.parallel_insert_slice %[[STEP]]#0 into %[[OUT]][%[[H]], %[[BEGIN]], 0] [1, %[[SIZE]], 64]
func.func @documents(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %g: tensor<8xf32>, %cu: tensor<?xi32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<8xf32>) docs(%cu : tensor<?xi32>) causal schedule(#chunk) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Where the state after the last one is asked for, one cell has all of them, one after
// the other: the last one may have no tokens.
// CHECK-LABEL: func @documents_and_state
// CHECK: scf.forall (%{{.*}}) in (8)
// CHECK: %[[ENDS:.*]]:2 = scf.for %{{.*}} iter_args(%{{.*}} = %{{.*}}, %[[OLD:.*]] = %{{.*}})
// CHECK: %[[BEGIN:.*]] = arith.index_cast
// CHECK: %[[FRESH:.*]] = attn.linear_state outs(%[[OLD]] : tensor<64x64xf32>)
// CHECK: attn.linear_step %{{.*}}, %{{.*}} query(%{{.*}}) {{.*}} outs(%[[FRESH]] : tensor<64x64xf32>)
// CHECK: attn.linear_state from(%[[ENDS]]#1
func.func @documents_and_state(%q: tensor<8x?x64xf32>, %cu: tensor<?xi32>) -> (tensor<8x?x64xf32>, tensor<8x64x64xf32>) {
  %o, %s = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal schedule(#chunk) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x64x64xf32>)
  return %o, %s : tensor<8x?x64xf32>, tensor<8x64x64xf32>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>
#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// Which form a run takes is a question of how many tokens it has.
// CHECK-LABEL: func @few
// CHECK: %[[N:.*]] = tensor.dim %arg1
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[N]], %c16
// CHECK: scf.if %[[FEW]]
// CHECK: attn.linear_recurrence {{.*}} form = recurrent
// CHECK: else
// CHECK: attn.linear_step {{.*}} form = chunk
func.func @few(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %k, %v causal schedule(#chunk) few(#tokens) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
