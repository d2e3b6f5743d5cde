// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Blocks of four keys.
// CHECK-LABEL: func @block(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, causal>) :
func.func @block(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<4, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Chunks of five keys, the last one ragged.
// CHECK-LABEL: func @chunks(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(causal, block<5, window<0, 0>>)) :
func.func @chunks(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, block<5, window<0, 0>>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Operands of masks inside have an element for each block.
// CHECK-LABEL: func @operands(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, all(same(%{{.*}} : tensor<4xi32>), docs(%{{.*}} : tensor<?xi32>))>) :
func.func @operands(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %seg: tensor<4xi32>, %cu: tensor<?xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<4, all(same(%seg : tensor<4xi32>), docs(%cu : tensor<?xi32>))>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Blocks of blocks.
// CHECK-LABEL: func @nested(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<2, block<3, not(causal)>>) :
func.func @nested(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<2, block<3, not(causal)>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}
