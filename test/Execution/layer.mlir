// RUN: attn-run %s --dim=21 --compare=reference | FileCheck %s

// Projections, four heads of eight, causal attention, output projection.
// CHECK: result 0: largest error
func.func @layer(%x: tensor<2x?x32xf32>, %wq: tensor<32x32xf32>, %wk: tensor<32x32xf32>, %wv: tensor<32x32xf32>, %wo: tensor<32x32xf32>) -> tensor<2x?x32xf32> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<32x32xf32>) heads(4) kv_heads(4) {
  ^bb0(%q: tensor<2x4x?x8xf32>, %k: tensor<2x4x?x8xf32>, %v: tensor<2x4x?x8xf32>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
      : (tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>) -> tensor<2x4x?x8xf32>
    attn.yield %o : tensor<2x4x?x8xf32>
  } : (tensor<2x?x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<2x?x32xf32>
  return %y : tensor<2x?x32xf32>
}
