// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// As many queries as keys: no alignment needed.
// CHECK-LABEL: func @causal
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(causal) :
func.func @causal(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// CHECK-LABEL: func @aligned
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(causal) align(bottom_right) :
func.func @aligned(%q: tensor<4x?x8xf32>, %k: tensor<4x?x8xf32>, %v: tensor<4x?x8xf32>) -> tensor<4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) : (tensor<4x?x8xf32>, tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  return %o : tensor<4x?x8xf32>
}

// CHECK-LABEL: func @placed
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(causal) offset(%{{.*}} : tensor<1xi32>) :
func.func @placed(%q: tensor<4x?x8xf32>, %k: tensor<4x?x8xf32>, %v: tensor<4x?x8xf32>, %p: tensor<1xi32>) -> tensor<4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) offset(%p : tensor<1xi32>) : (tensor<4x?x8xf32>, tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  return %o : tensor<4x?x8xf32>
}
