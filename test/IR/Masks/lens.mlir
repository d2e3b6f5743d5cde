// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @lens
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(lens(%{{.*}} : tensor<1xi32>)) :
func.func @lens(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>, %n: tensor<1xi32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(lens(%n : tensor<1xi32>)) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// CHECK-LABEL: func @twice
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(any(lens(%[[N:.*]] : tensor<1xi32>), not(lens(%[[M:.*]] : tensor<?xi32>)))) :
func.func @twice(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>, %n: tensor<1xi32>, %m: tensor<?xi32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(any(lens(%n : tensor<1xi32>), not(lens(%m : tensor<?xi32>)))) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}
