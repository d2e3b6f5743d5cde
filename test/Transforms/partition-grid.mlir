// RUN: attn-opt %s --attn-partition-grid | FileCheck %s

// One cell a batch element, head and block of 128 queries; the heads of the keys
// are shared by four heads of the queries.
// CHECK-LABEL: func @grouped
// CHECK-SAME: %[[Q:.*]]: tensor<2x8x1000x64xf32>, %[[K:.*]]: tensor<2x2x300x64xf32>, %[[V:.*]]: tensor<2x2x300x24xf32>
// CHECK: %[[OUT:.*]] = tensor.empty() : tensor<2x8x1000x24xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[BLOCK:.*]]) in (2, 8, 8) shared_outs(%[[SHARED:.*]] = %[[OUT]])
// CHECK-DAG: %[[ROW:.*]] = affine.apply #{{.*}}(%[[BLOCK]])
// CHECK-DAG: %[[ROWS:.*]] = affine.min #{{.*}}(%[[BLOCK]])
// CHECK-DAG: %[[KH:.*]] = affine.apply #{{.*}}(%[[H]])
// CHECK-DAG: %[[QT:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[ROW]], 0] [1, 1, %[[ROWS]], 64] [1, 1, 1, 1] : {{.*}} to tensor<?x64xf32>
// CHECK-DAG: %[[KT:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[KH]], 0, 0] [1, 1, 300, 64] [1, 1, 1, 1] : {{.*}} to tensor<300x64xf32>
// CHECK: %[[INIT:.*]]:4 = attn.init %[[QT]] factor(
// CHECK: %[[STEP:.*]]:3 = attn.step %[[INIT]]#0, %[[KT]], %{{.*}} outs(%[[INIT]]#1, %[[INIT]]#2, %[[INIT]]#3 :
// CHECK: %[[FINISH:.*]] = attn.finish %[[STEP]]#0, %[[STEP]]#1, %[[STEP]]#2 head(%[[H]])
// CHECK: tensor.parallel_insert_slice %[[FINISH]] into %[[SHARED]][%[[B]], %[[H]], %[[ROW]], 0] [1, 1, %[[ROWS]], 24]
// CHECK-NOT: attn.sdpa
func.func @grouped(%q: tensor<2x8x1000x64xf32>, %k: tensor<2x2x300x64xf32>, %v: tensor<2x2x300x24xf32>) -> tensor<2x8x1000x24xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<2x8x1000x64xf32>, tensor<2x2x300x64xf32>, tensor<2x2x300x24xf32>) -> tensor<2x8x1000x24xf32>
  return %o : tensor<2x8x1000x24xf32>
}

// Lengths at run time, no batch, the log-sum-exp as a second result.
// CHECK-LABEL: func @dynamic
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (1, 8, %{{.*}}) shared_outs(%{{.*}}, %{{.*}}) -> (tensor<8x?x64xf32>, tensor<8x?xf32>)
// CHECK: attn.step {{.*}} mask(causal)
// CHECK: attn.finish {{.*}} outs(%{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<?xf32>)
// CHECK-COUNT-2: tensor.parallel_insert_slice
func.func @dynamic(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x?xf32>)
  return %o, %lse : tensor<8x?x64xf32>, tensor<8x?xf32>
}

// Where the scores are affine in the products, log2(e) goes into the factor of the
// queries; a soft cap comes after the scale, so there it does not.
// CHECK-LABEL: func @affine
// CHECK: attn.init %{{.*}} factor(0.180336
// CHECK-LABEL: func @capped
// CHECK: attn.init %{{.*}} factor(1.250000e-01)
// CHECK: attn.step {{.*}} softcap(5.000000e+01)
func.func @affine(%q: tensor<1x16x64xf32>) -> tensor<1x16x64xf32> {
  %o = attn.sdpa %q, %q, %q scale(0.125) schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
    : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %o : tensor<1x16x64xf32>
}
func.func @capped(%q: tensor<1x16x64xf32>) -> tensor<1x16x64xf32> {
  %o = attn.sdpa %q, %q, %q scale(0.125) softcap(50.0) schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
    : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %o : tensor<1x16x64xf32>
}

// Four heads share their keys: while all their queries fit one vector (M <= 4 of
// 16 lanes) the four are one cell and keys are read once, else each is its own.
// CHECK-LABEL: func @folded
// CHECK: %[[LIMIT:.*]] = arith.constant 17 : index
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %{{.*}}, %[[LIMIT]]
// CHECK: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK: %[[G:.*]] = arith.select %[[FEW]], %[[FOUR]], %{{.*}}
// CHECK: %[[CELLS:.*]] = arith.divui %{{.*}}, %[[G]]
// CHECK: scf.forall (%{{.*}}, %[[C:.*]], %{{.*}}) in (1, %[[CELLS]], %{{.*}})
// CHECK: %[[H:.*]] = arith.muli %[[C]], %[[G]]
// CHECK: tensor.extract_slice %{{.*}}[%[[H]], %{{.*}}, 0] [%[[G]], %{{.*}}, 64] [1, 1, 1] : tensor<8x?x64xf32> to tensor<?x?x64xf32>
// CHECK: attn.step {{.*}} heads(%[[G]])
func.func @folded(%q: tensor<8x?x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6, narrow = 16>)
    : (tensor<8x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// The scales of quantised keys and values are those of the head of the keys, with
// and without a batch.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<2x2x300xf32>, %[[VS:[a-z0-9]+]]: tensor<2x2x300xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %{{.*}}) in
// CHECK-DAG: %[[KH:.*]] = affine.apply #{{.*}}(%[[H]])
// CHECK-DAG: %[[KST:.*]] = tensor.extract_slice %[[KS]][%[[B]], %[[KH]], 0] [1, 1, 300] [1, 1, 1] : tensor<2x2x300xf32> to tensor<300xf32>
// CHECK-DAG: %[[VST:.*]] = tensor.extract_slice %[[VS]][%[[B]], %[[KH]], 0] [1, 1, 300] [1, 1, 1] : tensor<2x2x300xf32> to tensor<300xf32>
// CHECK: attn.step {{.*}} key_scale(%[[KST]] : tensor<300xf32>) value_scale(%[[VST]] : tensor<300xf32>) {{.*}} tensor<300x64xi8>, tensor<300x24xf8E4M3FN>
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, 0] [1, %{{.*}}] [1, 1] : tensor<2x?xf32> to tensor<?xf32>
// CHECK: attn.step
func.func @scales(%ks: tensor<2x2x300xf32>, %vs: tensor<2x2x300xf32>, %q: tensor<2x8x1000x64xf32>, %k: tensor<2x2x300x64xi8>, %v: tensor<2x2x300x24xf8E4M3FN>,
                  %x: tensor<8x?x64xf32>, %y: tensor<2x?x64xi8>, %ys: tensor<2x?xf32>) -> (tensor<2x8x1000x24xf32>, tensor<8x?x64xf32>) {
  %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<2x2x300xf32>) value_scale(%vs : tensor<2x2x300xf32>) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<2x8x1000x64xf32>, tensor<2x2x300x64xi8>, tensor<2x2x300x24xf8E4M3FN>) -> tensor<2x8x1000x24xf32>
  %p = attn.sdpa %x, %y, %y key_scale(%ys : tensor<2x?xf32>) value_scale(%ys : tensor<2x?xf32>) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<2x?x64xi8>, tensor<2x?x64xi8>) -> tensor<8x?x64xf32>
  return %o, %p : tensor<2x8x1000x24xf32>, tensor<8x?x64xf32>
}
