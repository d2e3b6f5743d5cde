// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Queries of two heads that read one state, whose column 64 is what is divided by.
// CHECK-LABEL: func @tensors
// CHECK: attn.linear_read %{{.*}}, %{{.*}} normalize(0.000000e+00) scale(1.000000e+00) outs(%{{.*}} : tensor<2x?x64xf32>)
func.func @tensors(%q: tensor<2x?x64xf32>, %s: tensor<64x80xf32>, %o: tensor<2x?x64xf32>) -> tensor<2x?x64xf32> {
  %r = attn.linear_read %q, %s normalize(0.0) scale(1.0) outs(%o : tensor<2x?x64xf32>)
    schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>) : tensor<2x?x64xf32>, tensor<64x80xf32> -> tensor<2x?x64xf32>
  return %r : tensor<2x?x64xf32>
}

// The same on buffers, without the division.
// CHECK-LABEL: func @buffers
// CHECK: attn.linear_read %{{.*}}, %{{.*}} scale(5.000000e-01) outs(%{{.*}} : memref<2x4x64xf32>)
func.func @buffers(%q: memref<2x4x64xf32>, %s: memref<64x64xf32>, %o: memref<2x4x64xf32>) {
  attn.linear_read %q, %s scale(0.5) outs(%o : memref<2x4x64xf32>)
    schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>) : memref<2x4x64xf32>, memref<64x64xf32>
  return
}
