// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @docs
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(docs(%{{.*}} : tensor<?xi32>)) :
func.func @docs(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>, %cu: tensor<?xi32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(docs(%cu : tensor<?xi32>)) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// CHECK-LABEL: func @with_lens
// CHECK: attn.sdpa %arg0, %arg1, %arg2 mask(all(causal, docs(%{{.*}} : tensor<5xi32>), lens(%{{.*}} : tensor<1xi32>))) :
func.func @with_lens(%q: tensor<4x16x8xf32>, %k: tensor<4x16x8xf32>, %v: tensor<4x16x8xf32>, %cu: tensor<5xi32>, %n: tensor<1xi32>) -> tensor<4x16x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, docs(%cu : tensor<5xi32>), lens(%n : tensor<1xi32>))) : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}
