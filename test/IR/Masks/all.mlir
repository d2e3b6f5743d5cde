// RUN: attn-opt %s | attn-opt | FileCheck %s

// CHECK-LABEL: func @all
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(all(causal, window<3, 0>, cols<4>)) :
func.func @all(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, window<3, 0>, cols<4>)) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// Of no mask at all: the identity.
// CHECK-LABEL: func @none
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(all()) :
func.func @none(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(all()) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// CHECK-LABEL: func @nested
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(all(all(causal), any(cols<1>, not(rows<2>)))) :
func.func @nested(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(all(causal), any(cols<1>, not(rows<2>)))) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}
