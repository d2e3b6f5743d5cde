// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Rows of a tile, all heads of them, on tensors.
// CHECK-LABEL: func @tensors
// CHECK: attn.rotate %{{.*}}, %{{.*}}, %{{.*}} outs(%{{.*}} : tensor<8x?x64xbf16>) layout(half) : tensor<8x?x64xbf16>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<8x?x64xbf16>
func.func @tensors(%x: tensor<8x?x64xbf16>, %c: tensor<?x32xf32>, %s: tensor<?x32xf32>, %o: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %r = attn.rotate %x, %c, %s outs(%o : tensor<8x?x64xbf16>) layout(half) : tensor<8x?x64xbf16>, tensor<?x32xf32>, tensor<?x32xf32> -> tensor<8x?x64xbf16>
  return %r : tensor<8x?x64xbf16>
}

// The same on buffers.
// CHECK-LABEL: func @buffers
// CHECK: attn.rotate %{{.*}}, %{{.*}}, %{{.*}} outs(%{{.*}} : memref<8x4x64xf32>) layout(interleaved) : memref<8x4x64xf32>, memref<4x32xf32>, memref<4x32xf32>
func.func @buffers(%x: memref<8x4x64xf32>, %c: memref<4x32xf32>, %s: memref<4x32xf32>, %o: memref<8x4x64xf32>) {
  attn.rotate %x, %c, %s outs(%o : memref<8x4x64xf32>) layout(interleaved) : memref<8x4x64xf32>, memref<4x32xf32>, memref<4x32xf32>
  return
}
