// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @causal
// CHECK: attn.weights %{{.*}}, %{{.*}} mask(causal) align(top_left) : (tensor<1x8x?x64xf32>, tensor<1x2x?x64xf32>) -> tensor<1x8x?x?xf32>
func.func @causal(%q: tensor<1x8x?x64xf32>, %k: tensor<1x2x?x64xf32>) -> tensor<1x8x?x?xf32> {
  %p = attn.weights %q, %k mask(causal) align(top_left) : (tensor<1x8x?x64xf32>, tensor<1x2x?x64xf32>) -> tensor<1x8x?x?xf32>
  return %p : tensor<1x8x?x?xf32>
}

// CHECK-LABEL: func @clauses
// CHECK: attn.weights %{{.*}} mask(lens(%{{.*}} : tensor<1xi32>)) scale(5.000000e-01) softcap(3.000000e+01) bias(%{{.*}} : tensor<1x4x6xf32>) sink(%{{.*}} : tensor<8xf32>) :
func.func @clauses(%q: tensor<8x4x64xf32>, %k: tensor<8x6x64xf32>, %n: tensor<1xi32>, %b: tensor<1x4x6xf32>, %s: tensor<8xf32>) -> tensor<8x4x6xf32> {
  %p = attn.weights %q, %k mask(lens(%n : tensor<1xi32>)) scale(0.5) softcap(30.0) bias(%b : tensor<1x4x6xf32>) sink(%s : tensor<8xf32>)
    : (tensor<8x4x64xf32>, tensor<8x6x64xf32>) -> tensor<8x4x6xf32>
  return %p : tensor<8x4x6xf32>
}

// CHECK-LABEL: func @score
// CHECK: attn.weights %{{.*}} score (%[[S:.*]]: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:   arith.mulf %[[S]], %[[S]] : f32
func.func @score(%q: tensor<8x4x64xf32>, %k: tensor<8x6x64xf32>) -> tensor<8x4x6xf32> {
  %p = attn.weights %q, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %y = arith.mulf %s, %s : f32
    attn.yield %y : f32
  } : (tensor<8x4x64xf32>, tensor<8x6x64xf32>) -> tensor<8x4x6xf32>
  return %p : tensor<8x4x6xf32>
}

// CHECK-LABEL: func @quantised
// CHECK: attn.weights %{{.*}}, %{{.*}} key_scale(%{{.*}} : tensor<2x?xf32>) : (tensor<4x?x8xf32>, tensor<2x?x8xi8>) -> tensor<4x?x?xf32>
func.func @quantised(%q: tensor<4x?x8xf32>, %k: tensor<2x?x8xi8>, %s: tensor<2x?xf32>) -> tensor<4x?x?xf32> {
  %p = attn.weights %q, %k key_scale(%s : tensor<2x?xf32>) : (tensor<4x?x8xf32>, tensor<2x?x8xi8>) -> tensor<4x?x?xf32>
  return %p : tensor<4x?x?xf32>
}
