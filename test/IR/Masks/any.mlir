// RUN: attn-opt %s | attn-opt | FileCheck %s

// CHECK-LABEL: func @any
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(any(cols<4>, window<3, 0>)) :
func.func @any(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(any(cols<4>, window<3, 0>)) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// CHECK-LABEL: func @none
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(any()) :
func.func @none(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(any()) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}
