// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// A flag for each of sixteen tokens.
// CHECK-LABEL: func @global(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(global(%{{.*}} : tensor<16xi32>)) :
func.func @global(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %seg: tensor<16xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(global(%seg : tensor<16xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Marked tokens see and are seen by all, others see their neighbours.
// CHECK-LABEL: func @longformer(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(window<4, 4>, global(%{{.*}} : tensor<?xi32>))) align(top_left) :
func.func @longformer(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>, %seg: tensor<?xi32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(window<4, 4>, global(%seg : tensor<?xi32>))) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
