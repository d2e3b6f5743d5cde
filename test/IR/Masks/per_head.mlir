// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// One mask for each of two heads.
// CHECK-LABEL: func @per_head(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(per_head[causal, window<3, 3>]) :
func.func @per_head(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(per_head[causal, window<3, 3>]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Heads that read operands of their own, and one inside a list.
// CHECK-LABEL: func @operands(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(cols<1>, per_head[same(%{{.*}} : tensor<16xi32>), all(causal, order(%{{.*}} : tensor<16xi32>))])) :
func.func @operands(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %a: tensor<16xi32>, %b: tensor<16xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(cols<1>, per_head[same(%a : tensor<16xi32>), all(causal, order(%b : tensor<16xi32>))])) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// The number of heads is known at run time only.
// CHECK-LABEL: func @unknown_heads(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(per_head[full, empty, causal]) align(top_left) :
func.func @unknown_heads(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(per_head[full, empty, causal]) align(top_left) : (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}
