// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @plain
// CHECK: attn.sdpa %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x8x16x32xf32>, tensor<2x8x20x32xf32>, tensor<2x8x20x24xf32>) -> tensor<2x8x16x24xf32>
func.func @plain(%q: tensor<2x8x16x32xf32>, %k: tensor<2x8x20x32xf32>, %v: tensor<2x8x20x24xf32>) -> tensor<2x8x16x24xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<2x8x16x32xf32>, tensor<2x8x20x32xf32>, tensor<2x8x20x24xf32>) -> tensor<2x8x16x24xf32>
  return %o : tensor<2x8x16x24xf32>
}

// The log-sum-exp, grouped heads, dynamic extents, no batch.
// CHECK-LABEL: func @lse
// CHECK: %{{.*}}, %{{.*}} = attn.sdpa %{{.*}} mask(causal) align(bottom_right) : ({{.*}}) -> (tensor<32x?x128xbf16>, tensor<32x?xf32>)
func.func @lse(%q: tensor<32x?x128xbf16>, %k: tensor<8x?x128xbf16>, %v: tensor<8x?x128xbf16>) -> (tensor<32x?x128xbf16>, tensor<32x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v mask(causal) align(bottom_right)
    : (tensor<32x?x128xbf16>, tensor<8x?x128xbf16>, tensor<8x?x128xbf16>) -> (tensor<32x?x128xbf16>, tensor<32x?xf32>)
  return %o, %lse : tensor<32x?x128xbf16>, tensor<32x?xf32>
}

// f64 keeps its sums and sinks in f64.
// CHECK-LABEL: func @double
// CHECK: attn.sdpa %{{.*}} sink(%{{.*}} : tensor<4xf64>) : ({{.*}}) -> (tensor<4x3x8xf64>, tensor<4x3xf64>)
func.func @double(%q: tensor<4x3x8xf64>, %k: tensor<4x5x8xf64>, %v: tensor<4x5x8xf64>, %s: tensor<4xf64>) -> (tensor<4x3x8xf64>, tensor<4x3xf64>) {
  %o, %lse = attn.sdpa %q, %k, %v sink(%s : tensor<4xf64>) : (tensor<4x3x8xf64>, tensor<4x5x8xf64>, tensor<4x5x8xf64>) -> (tensor<4x3x8xf64>, tensor<4x3xf64>)
  return %o, %lse : tensor<4x3x8xf64>, tensor<4x3xf64>
}

// Clauses are taken in any order and printed in one.
// CHECK-LABEL: func @clauses
// CHECK: mask(all(causal, lens(%{{.*}} : tensor<?xi32>))) scale(1.250000e-01) softcap(5.000000e+01) bias(%{{.*}} : tensor<1x8x1x?xf32>) sink(%{{.*}} : tensor<8xf32>) offset(%{{.*}} : tensor<?xi32>) :
func.func @clauses(%q: tensor<?x8x?x64xf16>, %k: tensor<?x8x?x64xf16>, %v: tensor<?x8x?x64xf16>, %n: tensor<?xi32>,
                   %b: tensor<1x8x1x?xf32>, %s: tensor<8xf32>, %o: tensor<?xi32>) -> tensor<?x8x?x64xf16> {
  %r = attn.sdpa %q, %k, %v offset(%o : tensor<?xi32>) sink(%s : tensor<8xf32>) bias(%b : tensor<1x8x1x?xf32>)
    softcap(50.0) scale(0.125) mask(all(causal, lens(%n : tensor<?xi32>)))
    : (tensor<?x8x?x64xf16>, tensor<?x8x?x64xf16>, tensor<?x8x?x64xf16>) -> tensor<?x8x?x64xf16>
  return %r : tensor<?x8x?x64xf16>
}

// A score program reads what stands around the op.
// CHECK-LABEL: func @score
// CHECK: attn.sdpa %{{.*}} score (%[[S:.*]]: f32, %{{.*}}: index, %[[H:.*]]: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:   %[[SLOPE:.*]] = tensor.extract %{{.*}}[%[[H]]]
// CHECK:   %[[Y:.*]] = arith.addf %[[S]], %[[SLOPE]]
// CHECK:   attn.yield %[[Y]] : f32
func.func @score(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %slopes: tensor<8xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %slope = tensor.extract %slopes[%h] : tensor<8xf32>
    %y = arith.addf %s, %slope : f32
    attn.yield %y : f32
  } : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// CHECK-LABEL: func @scheduled
// CHECK: schedule(#attn.schedule<query_block = 64, key_block = 128, panel = 16, rows = 6>)
func.func @scheduled(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 64, key_block = 128, panel = 16, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// No query and no key are sizes like others.
// CHECK-LABEL: func @nothing
// CHECK: attn.sdpa %{{.*}} : (tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>)
func.func @nothing(%q: tensor<1x1x0x8xf32>, %k: tensor<1x1x0x8xf32>, %v: tensor<1x1x0x8xf32>) -> tensor<1x1x0x8xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>) -> tensor<1x1x0x8xf32>
  return %o : tensor<1x1x0x8xf32>
}

// Quantised keys and values come with a scale for each key and head; a batch that
// is not there is not there in the scales either.
// CHECK-LABEL: func @quantised
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<8x?xf32>, %[[VS:[a-z0-9]+]]: tensor<8x?xf32>
// CHECK: attn.sdpa %{{.*}} sink(%{{.*}} : tensor<32xf32>) key_scale(%[[KS]] : tensor<8x?xf32>) value_scale(%[[VS]] : tensor<8x?xf32>) : (tensor<32x?x128xbf16>, tensor<8x?x128xi8>, tensor<8x?x128xf8E4M3FN>) -> tensor<32x?x128xbf16>
func.func @quantised(%ks: tensor<8x?xf32>, %vs: tensor<8x?xf32>, %q: tensor<32x?x128xbf16>, %k: tensor<8x?x128xi8>, %v: tensor<8x?x128xf8E4M3FN>, %s: tensor<32xf32>) -> tensor<32x?x128xbf16> {
  %o = attn.sdpa %q, %k, %v value_scale(%vs : tensor<8x?xf32>) key_scale(%ks : tensor<8x?xf32>) sink(%s : tensor<32xf32>)
    : (tensor<32x?x128xbf16>, tensor<8x?x128xi8>, tensor<8x?x128xf8E4M3FN>) -> tensor<32x?x128xbf16>
  return %o : tensor<32x?x128xbf16>
}

// One of the two may be quantised alone, and floats may have scales, f64 too.
// CHECK-LABEL: func @scaled
// CHECK: attn.sdpa {{.*}} value_scale(%{{.*}} : tensor<2x2x20xf32>) : (tensor<2x4x16x32xf16>, tensor<2x2x20x32xf16>, tensor<2x2x20x24xi8>)
// CHECK: attn.sdpa {{.*}} key_scale(%{{.*}} : tensor<2x20xf32>) : (tensor<4x16x32xf64>, tensor<2x20x32xf64>, tensor<2x20x24xf64>)
func.func @scaled(%q: tensor<2x4x16x32xf16>, %k: tensor<2x2x20x32xf16>, %v: tensor<2x2x20x24xi8>, %vs: tensor<2x2x20xf32>,
                  %x: tensor<4x16x32xf64>, %y: tensor<2x20x32xf64>, %z: tensor<2x20x24xf64>, %ys: tensor<2x20xf32>) -> (tensor<2x4x16x24xf16>, tensor<4x16x24xf64>) {
  %o = attn.sdpa %q, %k, %v value_scale(%vs : tensor<2x2x20xf32>)
    : (tensor<2x4x16x32xf16>, tensor<2x2x20x32xf16>, tensor<2x2x20x24xi8>) -> tensor<2x4x16x24xf16>
  %p = attn.sdpa %x, %y, %z key_scale(%ys : tensor<2x20xf32>)
    : (tensor<4x16x32xf64>, tensor<2x20x32xf64>, tensor<2x20x24xf64>) -> tensor<4x16x24xf64>
  return %o, %p : tensor<2x4x16x24xf16>, tensor<4x16x24xf64>
}

// Scores that are the weights themselves.
// CHECK-LABEL: func @unnormalized
// CHECK: attn.sdpa %{{.*}} mask(causal) align(top_left) normalize(none) :
func.func @unnormalized(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v normalize(none) mask(causal) align(top_left) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
