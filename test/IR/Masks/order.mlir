// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// A rank for each of sixteen tokens.
// CHECK-LABEL: func @order(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(order(%{{.*}} : tensor<16xi32>)) :
func.func @order(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %seg: tensor<16xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(order(%seg : tensor<16xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// As many as there are keys, which a run knows.
// CHECK-LABEL: func @dynamic(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(order(%{{.*}} : tensor<?xi32>), cols<4>)) :
func.func @dynamic(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>, %seg: tensor<?xi32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(order(%seg : tensor<?xi32>), cols<4>)) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
