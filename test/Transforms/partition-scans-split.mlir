// RUN: attn-opt %s --split-input-file --attn-partition-scans --canonicalize --cse | FileCheck %s

#parts = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128>

// All parts but the last are folded at once, each from 0, with what its channels
// decay by; a scan over them turns their states into those that they start from,
// the first being the user's; then all parts read at once, with the two heads
// that share a state. The state after the last part is the one that results.
// No tokens at all are one part.
// CHECK-DAG: #[[COUNT:.*]] = affine_map<()[s0] -> (s0 ceildiv 128, 1)>
// CHECK-DAG: #[[BEFORE:.*]] = affine_map<()[s0] -> (s0 - 1)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0) -> (d0 * 128)>
// CHECK-DAG: #[[SIZE:.*]] = affine_map<(d0)[s0] -> (d0 * -128 + s0, 128)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @causal
// CHECK: %[[N:.*]] = tensor.dim %arg1
// CHECK: %[[PARTS:.*]] = affine.max #[[COUNT]]()[%[[N]]]
// CHECK: %[[LAST:.*]] = affine.apply #[[BEFORE]]()[%[[PARTS]]]
// CHECK: %[[STATES:.*]] = tensor.empty(%{{.*}}, %[[PARTS]]) : tensor<?x2x?x64x64xf32>
// CHECK: %[[FACTORS:.*]] = tensor.empty(%{{.*}}, %[[PARTS]]) : tensor<?x2x?x64xf32>
// CHECK: %[[OWN:.*]]:2 = scf.forall (%[[B:.*]], %[[H:.*]], %[[P:.*]]) in (%{{.*}}, 2, %[[LAST]])
// CHECK-DAG: %[[T:.*]] = affine.apply #[[FIRST]](%[[P]])
// CHECK-DAG: %[[C:.*]] = affine.min #[[SIZE]](%[[P]])[%[[N]]]
// CHECK-DAG: %[[S:.*]] = attn.linear_state outs(
// CHECK-DAG: %[[ZERO:.*]] = linalg.fill
// CHECK-DAG: %[[K:.*]] = tensor.extract_slice %arg1[%[[B]], %[[H]], %[[T]], 0] [1, 1, %[[C]], 64]
// CHECK: %[[STEP:.*]]:2 = attn.linear_step %[[K]], %{{.*}} decay(%{{.*}} : tensor<?x64xf32>) total(%[[ZERO]] : tensor<64xf32>) {{.*}} outs(%[[S]]
// CHECK: linalg.generic {{.*}} outs(%[[STEP]]#1
// CHECK: math.exp
// CHECK: %[[STARTS:.*]] = scf.forall (%{{.*}}, %{{.*}}) in (%{{.*}}, 2) shared_outs(%{{.*}} = %[[OWN]]#0)
// CHECK: %[[S0:.*]] = attn.linear_state from(
// CHECK: scf.for %{{.*}} = %c0 to %[[LAST]] step %c1 iter_args(%{{.*}} = %{{.*}}, %[[START:.*]] = %[[S0]])
// CHECK: linalg.generic {indexing_maps = [#[[ROW]], {{.*}} outs(%{{.*}}, %[[START]]
// CHECK: ^bb0(%[[A:.*]]: f32, %[[MINE:.*]]: f32, %[[SO_FAR:.*]]: f32):
// CHECK: %[[DECAYED:.*]] = arith.mulf %[[A]], %[[SO_FAR]]
// CHECK: %[[NEXT:.*]] = arith.addf %[[DECAYED]], %[[MINE]]
// CHECK: linalg.yield %[[SO_FAR]], %[[NEXT]]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[%[[LAST]], 0, 0]
// CHECK: %[[ALL:.*]]:2 = scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (%{{.*}}, 2, %[[PARTS]]) shared_outs(%{{.*}} = %{{.*}}, %{{.*}} = %[[STARTS]])
// CHECK: attn.linear_step {{.*}} query(%{{.*}} : tensor<2x?x64xf32>)
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (%{{.*}}, 2)
// CHECK: tensor.extract_slice %[[ALL]]#1[%{{.*}}, %{{.*}}, %[[LAST]], 0, 0]
// CHECK: attn.linear_state from(
func.func @causal(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>, %g: tensor<?x2x?x64xf32>, %s: tensor<?x2x64x64xf32>) -> (tensor<?x4x?x64xf32>, tensor<?x2x64x64xf32>) {
  %o, %t = attn.linear %q, %k, %v decay(%g : tensor<?x2x?x64xf32>) state(%s : tensor<?x2x64x64xf32>) causal schedule(#parts)
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x4x?x64xf32>, tensor<?x2x64x64xf32>)
  return %o, %t : tensor<?x4x?x64xf32>, tensor<?x2x64x64xf32>
}

// -----

#parts = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128>

// Without decay nothing is multiplied, and no factor is kept. A last state that
// nobody asks for is not copied.
// CHECK-LABEL: func @no_decay
// CHECK: scf.forall
// CHECK-NOT: total(
// CHECK-NOT: math.exp
// CHECK: scf.forall
// CHECK-NOT: arith.mulf
// CHECK: arith.addf
// CHECK: scf.forall
// CHECK: attn.linear_step {{.*}} query(
// CHECK-NOT: scf.forall (
// CHECK: return
func.func @no_decay(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q causal schedule(#parts) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#parts = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128>

// Without order there are three parts of 300 keys, all of them summed, and then
// two parts of 200 queries, which read the sum.
// CHECK-LABEL: func @all_tokens
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (4, 3)
// CHECK: attn.linear_step {{.*}} outs(%{{.*}} : tensor<64x80xf32>)
// CHECK: %[[SUM:.*]] = scf.forall (%{{.*}}) in (4)
// CHECK: scf.for %{{.*}} = %c0 to %c3
// CHECK: arith.addf
// CHECK: scf.forall (%[[H:.*]], %{{.*}}) in (4, 2)
// CHECK: %[[STATE:.*]] = tensor.extract_slice %[[SUM]][0, %[[H]], 0, 0, 0]
// CHECK: attn.linear_read %{{.*}}, %[[STATE]] normalize(
func.func @all_tokens(%q: tensor<4x200x64xf32>, %k: tensor<4x300x64xf32>, %v: tensor<4x300x64xf32>) -> tensor<4x200x64xf32> {
  %o = attn.linear %q, %k, %v normalize eps(0.0) schedule(#parts) : (tensor<4x200x64xf32>, tensor<4x300x64xf32>, tensor<4x300x64xf32>) -> tensor<4x200x64xf32>
  return %o : tensor<4x200x64xf32>
}

// -----

#parts = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128>

// What a part does to a state under the delta rule is a matrix: no parts.
// CHECK-LABEL: func @delta
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK: attn.linear_step {{.*}} delta
// CHECK-NOT: scf.forall (
// CHECK: return
func.func @delta(%q: tensor<4x?x64xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q beta(%b : tensor<4x?xf32>) causal delta schedule(#parts) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#parts = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 128>

// Documents end anywhere: they are cells, and no parts of them.
// CHECK-LABEL: func @documents
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (4, %{{.*}})
// CHECK: attn.linear_step
// CHECK-NOT: scf.forall (
// CHECK: return
func.func @documents(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal schedule(#parts) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent, split = 16>

// Token by token there are no parts either.
// CHECK-LABEL: func @recurrent
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK-NOT: scf.forall (
// CHECK: return
func.func @recurrent(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q causal schedule(#tokens) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}
