// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Zeros, and the state of a user padded to whole panels.
// CHECK-LABEL: func @tensors
// CHECK: attn.linear_state outs(%{{.*}} : tensor<64x80xf32>) -> tensor<64x80xf32>
// CHECK: attn.linear_state from(%{{.*}} : tensor<64x65xf32>) outs(%{{.*}} : tensor<64x80xf32>) -> tensor<64x80xf32>
func.func @tensors(%s: tensor<64x65xf32>, %w: tensor<64x80xf32>) -> (tensor<64x80xf32>, tensor<64x80xf32>) {
  %a = attn.linear_state outs(%w : tensor<64x80xf32>) -> tensor<64x80xf32>
  %b = attn.linear_state from(%s : tensor<64x65xf32>) outs(%w : tensor<64x80xf32>) -> tensor<64x80xf32>
  return %a, %b : tensor<64x80xf32>, tensor<64x80xf32>
}

// On buffers, and back.
// CHECK-LABEL: func @buffers
// CHECK: attn.linear_state from(%{{.*}} : memref<64x80xf32>) outs(%{{.*}} : memref<64x65xf32>)
func.func @buffers(%s: memref<64x80xf32>, %w: memref<64x65xf32>) {
  attn.linear_state from(%s : memref<64x80xf32>) outs(%w : memref<64x65xf32>)
  return
}
