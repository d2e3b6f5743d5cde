// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// From one state to another, with what queries read on the way.
// CHECK-LABEL: func @tensors
// CHECK: attn.linear_recurrence %{{.*}}, %{{.*}} query(%{{.*}} : tensor<2x?x64xf32>) decay(%{{.*}} : tensor<?x64xf32>) beta(%{{.*}} : tensor<?xf32>) delta from(%{{.*}} : tensor<64x48xf32>) out(%{{.*}} : tensor<2x?x48xf32>) scale(1.000000e+00) outs(%{{.*}} : tensor<64x48xf32>)
func.func @tensors(%q: tensor<2x?x64xf32>, %k: tensor<?x64xf32>, %v: tensor<?x48xf32>, %g: tensor<?x64xf32>, %b: tensor<?xf32>, %o: tensor<2x?x48xf32>, %s: tensor<64x48xf32>, %e: tensor<64x48xf32>)
    -> (tensor<2x?x48xf32>, tensor<64x48xf32>) {
  %r:2 = attn.linear_recurrence %k, %v query(%q : tensor<2x?x64xf32>) decay(%g : tensor<?x64xf32>) beta(%b : tensor<?xf32>) delta from(%s : tensor<64x48xf32>) out(%o : tensor<2x?x48xf32>)
    scale(1.0) outs(%e : tensor<64x48xf32>) schedule(#tokens) : tensor<?x64xf32>, tensor<?x48xf32> -> tensor<2x?x48xf32>, tensor<64x48xf32>
  return %r#0, %r#1 : tensor<2x?x48xf32>, tensor<64x48xf32>
}

// From 0, the state alone, whose columns of sums and of padding are the last.
// CHECK-LABEL: func @buffers
// CHECK: attn.linear_recurrence %{{.*}}, %{{.*}} normalize(0.000000e+00) scale(1.000000e+00) outs(%{{.*}} : memref<64x80xf32>)
func.func @buffers(%k: memref<4x64xf32>, %v: memref<4x64xf32>, %s: memref<64x80xf32>) {
  attn.linear_recurrence %k, %v normalize(0.0) scale(1.0) outs(%s : memref<64x80xf32>) schedule(#tokens) : memref<4x64xf32>, memref<4x64xf32>
  return
}
