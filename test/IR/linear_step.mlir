// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Tokens that queries read as they are folded, and the state after them.
// CHECK-LABEL: func @tensors
// CHECK: attn.linear_step %{{.*}}, %{{.*}} query(%{{.*}} : tensor<2x?x64xf32>) decay(%{{.*}} : tensor<?x64xf32>) beta(%{{.*}} : tensor<?xf32>) delta out(%{{.*}} : tensor<2x?x64xf32>) scale(1.000000e+00) outs(%{{.*}} : tensor<64x64xf32>)
func.func @tensors(%q: tensor<2x?x64xf32>, %k: tensor<?x64xf32>, %v: tensor<?x64xf32>, %g: tensor<?x64xf32>, %b: tensor<?xf32>, %o: tensor<2x?x64xf32>, %s: tensor<64x64xf32>)
    -> (tensor<2x?x64xf32>, tensor<64x64xf32>) {
  %r:2 = attn.linear_step %k, %v query(%q : tensor<2x?x64xf32>) decay(%g : tensor<?x64xf32>) beta(%b : tensor<?xf32>) delta out(%o : tensor<2x?x64xf32>)
    scale(1.0) outs(%s : tensor<64x64xf32>) schedule(#chunk) : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<2x?x64xf32>, tensor<64x64xf32>
  return %r#0, %r#1 : tensor<2x?x64xf32>, tensor<64x64xf32>
}

// Only the state, and what it decays by.
// CHECK-LABEL: func @buffers
// CHECK: attn.linear_step %{{.*}}, %{{.*}} decay(%{{.*}} : memref<4xf32>) total(%{{.*}} : memref<1xf32>) scale(1.000000e+00) outs(%{{.*}} : memref<64x64xf32>)
func.func @buffers(%k: memref<4x64xf32>, %v: memref<4x64xf32>, %g: memref<4xf32>, %s: memref<64x64xf32>, %t: memref<1xf32>) {
  attn.linear_step %k, %v decay(%g : memref<4xf32>) total(%t : memref<1xf32>) scale(1.0) outs(%s : memref<64x64xf32>) schedule(#chunk) : memref<4x64xf32>, memref<4x64xf32>
  return
}
