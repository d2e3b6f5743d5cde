// RUN: attn-opt %s | attn-opt | FileCheck %s

// Several matrices times the same rows are one op.
// CHECK-LABEL: func @together(
// CHECK:         %{{.*}}:2 = attn.product %{{.*}} by(%{{.*}}, %{{.*}} : tensor<16x8xf32>, tensor<16x4xf32>) outs(%{{.*}}, %{{.*}} : tensor<?x?x8xf32>, tensor<?x?x4xf32>) : tensor<?x?x16xf32> -> tensor<?x?x8xf32>, tensor<?x?x4xf32>
func.func @together(%x: tensor<?x?x16xf32>, %wk: tensor<16x8xf32>, %wv: tensor<16x4xf32>, %a: tensor<?x?x8xf32>, %b: tensor<?x?x4xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>) {
  %k, %v = attn.product %x by (%wk, %wv : tensor<16x8xf32>, tensor<16x4xf32>)
    outs(%a, %b : tensor<?x?x8xf32>, tensor<?x?x4xf32>)
    : tensor<?x?x16xf32> -> tensor<?x?x8xf32>, tensor<?x?x4xf32>
  return %k, %v : tensor<?x?x8xf32>, tensor<?x?x4xf32>
}

// Rows may be given as heads, and operands may be buffers.
// CHECK-LABEL: func @heads(
// CHECK:         attn.product %{{.*}} by(%{{.*}} : memref<16x8xbf16>) outs(%{{.*}} : memref<2x?x8xbf16>) : memref<2x4x?x4xbf16>
func.func @heads(%x: memref<2x4x?x4xbf16>, %w: memref<16x8xbf16>, %a: memref<2x?x8xbf16>) {
  attn.product %x by (%w : memref<16x8xbf16>) outs(%a : memref<2x?x8xbf16>) : memref<2x4x?x4xbf16>
  return
}
