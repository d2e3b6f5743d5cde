// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @self
// CHECK: attn.layer %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} output(%{{.*}} : tensor<64x48xf32>) heads(8) kv_heads(2) {
// CHECK: ^bb0(%[[Q:.*]]: tensor<2x8x?x8xf32>, %[[K:.*]]: tensor<2x2x?x8xf32>, %[[V:.*]]: tensor<2x2x?x8xf32>):
// CHECK:   %[[O:.*]] = attn.sdpa %[[Q]], %[[K]], %[[V]]
// CHECK:   attn.yield %[[O]] : tensor<2x8x?x8xf32>
// CHECK: } : (tensor<2x?x48xf32>, tensor<48x64xf32>, tensor<48x16xf32>, tensor<48x16xf32>) -> tensor<2x?x48xf32>
func.func @self(%x: tensor<2x?x48xf32>, %wq: tensor<48x64xf32>, %wk: tensor<48x16xf32>, %wv: tensor<48x16xf32>, %wo: tensor<64x48xf32>) -> tensor<2x?x48xf32> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<64x48xf32>) heads(8) kv_heads(2) {
  ^bb0(%q: tensor<2x8x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) : (tensor<2x8x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x8x?x8xf32>
    attn.yield %o : tensor<2x8x?x8xf32>
  } : (tensor<2x?x48xf32>, tensor<48x64xf32>, tensor<48x16xf32>, tensor<48x16xf32>) -> tensor<2x?x48xf32>
  return %y : tensor<2x?x48xf32>
}

// Keys and values from another sequence, and no output projection.
// CHECK-LABEL: func @cross
// CHECK: attn.layer %{{.*}} context(%{{.*}} : tensor<2x7x32xf32>) heads(4) kv_heads(4) {
func.func @cross(%x: tensor<2x5x16xf32>, %c: tensor<2x7x32xf32>, %wq: tensor<16x32xf32>, %wk: tensor<32x32xf32>, %wv: tensor<32x64xf32>) -> tensor<2x5x64xf32> {
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<2x7x32xf32>) heads(4) kv_heads(4) {
  ^bb0(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x7x8xf32>, %v: tensor<2x4x7x16xf32>):
    %o = attn.sdpa %q, %k, %v : (tensor<2x4x5x8xf32>, tensor<2x4x7x8xf32>, tensor<2x4x7x16xf32>) -> tensor<2x4x5x16xf32>
    attn.yield %o : tensor<2x4x5x16xf32>
  } : (tensor<2x5x16xf32>, tensor<16x32xf32>, tensor<32x32xf32>, tensor<32x64xf32>) -> tensor<2x5x64xf32>
  return %y : tensor<2x5x64xf32>
}
