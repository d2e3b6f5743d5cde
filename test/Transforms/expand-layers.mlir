// RUN: attn-opt %s --attn-expand-layers --canonicalize | FileCheck %s

// What reads the same rows is one product, whose results are seen as heads: no
// element is moved. The product with the output matrix reads heads. Keys and
// values have fewer heads.
// CHECK-LABEL: func @self(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x?x48xf32>, %[[WQ:[^:]*]]: tensor<48x64xf32>, %[[WK:[^:]*]]: tensor<48x16xf32>, %[[WV:[^:]*]]: tensor<48x16xf32>, %[[WO:[^:]*]]: tensor<64x48xf32>)
// CHECK-NOT:     attn.layer
// CHECK:         %[[ROWS:.*]]:3 = attn.product %[[X]] by(%[[WQ]], %[[WK]], %[[WV]] : {{.*}}) outs({{.*}} : tensor<?x?x64xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>)
// CHECK:         %[[Q:.*]] = attn.split_heads %[[ROWS]]#0 heads(8) : tensor<?x?x64xf32> -> tensor<?x8x?x8xf32>
// CHECK:         %[[K:.*]] = attn.split_heads %[[ROWS]]#1 heads(2) : tensor<?x?x16xf32> -> tensor<?x2x?x8xf32>
// CHECK:         %[[V:.*]] = attn.split_heads %[[ROWS]]#2 heads(2)
// CHECK:         %[[O:.*]] = attn.sdpa %[[Q]], %[[K]], %[[V]] mask(causal) align(top_left)
// CHECK:         %[[Y:.*]] = attn.product %[[O]] by(%[[WO]] : tensor<64x48xf32>) outs(%{{.*}} : tensor<?x?x48xf32>) : tensor<?x8x?x8xf32>
// CHECK-NOT:     attn.yield
// CHECK:         return %[[Y]]
func.func @self(%x: tensor<?x?x48xf32>, %wq: tensor<48x64xf32>, %wk: tensor<48x16xf32>, %wv: tensor<48x16xf32>, %wo: tensor<64x48xf32>) -> tensor<?x?x48xf32> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<64x48xf32>) heads(8) kv_heads(2) {
  ^bb0(%q: tensor<?x8x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) : (tensor<?x8x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x8x?x8xf32>
    attn.yield %o : tensor<?x8x?x8xf32>
  } : (tensor<?x?x48xf32>, tensor<48x64xf32>, tensor<48x16xf32>, tensor<48x16xf32>) -> tensor<?x?x48xf32>
  return %y : tensor<?x?x48xf32>
}

// Keys and values come from the context, in one product of their own. Without an
// output projection the heads are put side by side.
// CHECK-LABEL: func @cross(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<2x5x16xbf16>, %[[C:[^:]*]]: tensor<2x7x32xbf16>, %[[WQ:[^:]*]]: tensor<16x32xbf16>, %[[WK:[^:]*]]: tensor<32x32xbf16>, %[[WV:[^:]*]]: tensor<32x64xbf16>)
// CHECK:         attn.product %[[X]] by(%[[WQ]] : {{.*}}) outs(%{{.*}} : tensor<2x5x32xbf16>)
// CHECK:         attn.product %[[C]] by(%[[WK]], %[[WV]] : {{.*}}) outs(%{{.*}} : tensor<2x7x32xbf16>, tensor<2x7x64xbf16>)
// CHECK:         %[[O:.*]] = attn.sdpa
// CHECK:         %[[SIDE:.*]] = linalg.generic {{.*}} ins(%[[O]] : tensor<2x4x5x16xbf16>) outs(%{{.*}} : tensor<2x5x4x16xbf16>)
// CHECK:         tensor.collapse_shape %[[SIDE]] {{\[}}[0], [1], [2, 3]] : tensor<2x5x4x16xbf16> into tensor<2x5x64xbf16>
func.func @cross(%x: tensor<2x5x16xbf16>, %c: tensor<2x7x32xbf16>, %wq: tensor<16x32xbf16>, %wk: tensor<32x32xbf16>, %wv: tensor<32x64xbf16>) -> tensor<2x5x64xbf16> {
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<2x7x32xbf16>) heads(4) kv_heads(4) {
  ^bb0(%q: tensor<2x4x5x8xbf16>, %k: tensor<2x4x7x8xbf16>, %v: tensor<2x4x7x16xbf16>):
    %o = attn.sdpa %q, %k, %v : (tensor<2x4x5x8xbf16>, tensor<2x4x7x8xbf16>, tensor<2x4x7x16xbf16>) -> tensor<2x4x5x16xbf16>
    attn.yield %o : tensor<2x4x5x16xbf16>
  } : (tensor<2x5x16xbf16>, tensor<16x32xbf16>, tensor<32x32xbf16>, tensor<32x64xbf16>) -> tensor<2x5x64xbf16>
  return %y : tensor<2x5x64xbf16>
}

// Where the width of the heads is dynamic it is the columns over the heads.
// CHECK-LABEL: func @dynamic_width(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x?x?xf64>, %[[W:[^:]*]]: tensor<?x?xf64>
// CHECK:         %[[COLUMNS:.*]] = tensor.dim %[[W]], %c1
// CHECK:         tensor.empty(%{{.*}}, %{{.*}}, %[[COLUMNS]]) : tensor<?x?x?xf64>
// CHECK:         attn.split_heads %{{.*}} heads(4) : tensor<?x?x?xf64> -> tensor<?x4x?x?xf64>
func.func @dynamic_width(%x: tensor<?x?x?xf64>, %w: tensor<?x?xf64>) -> tensor<?x?x?xf64> {
  %y = attn.layer %x, %w, %w, %w heads(4) kv_heads(4) {
  ^bb0(%q: tensor<?x4x?x?xf64>, %k: tensor<?x4x?x?xf64>, %v: tensor<?x4x?x?xf64>):
    attn.yield %v : tensor<?x4x?x?xf64>
  } : (tensor<?x?x?xf64>, tensor<?x?xf64>, tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?x?xf64>
  return %y : tensor<?x?x?xf64>
}

// A layer in the core of a layer is expanded too.
// CHECK-LABEL: func @nested(
// CHECK-NOT:     attn.layer
// CHECK:         return
func.func @nested(%x: tensor<1x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<1x4x8xf32> {
  %y = attn.layer %x, %w, %w, %w heads(1) kv_heads(1) {
  ^bb0(%q: tensor<1x1x4x8xf32>, %k: tensor<1x1x4x8xf32>, %v: tensor<1x1x4x8xf32>):
    %rows = tensor.collapse_shape %q [[0, 1], [2], [3]] : tensor<1x1x4x8xf32> into tensor<1x4x8xf32>
    %inner = attn.layer %rows, %w, %w, %w heads(1) kv_heads(1) {
    ^bb0(%iq: tensor<1x1x4x8xf32>, %ik: tensor<1x1x4x8xf32>, %iv: tensor<1x1x4x8xf32>):
      attn.yield %iv : tensor<1x1x4x8xf32>
    } : (tensor<1x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<1x4x8xf32>
    %o = tensor.expand_shape %inner [[0, 1], [2], [3]] output_shape [1, 1, 4, 8] : tensor<1x4x8xf32> into tensor<1x1x4x8xf32>
    attn.yield %o : tensor<1x1x4x8xf32>
  } : (tensor<1x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}
