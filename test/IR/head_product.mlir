// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// A matrix for all heads, and one a group of heads that is given transposed.
// CHECK-LABEL: func @tensors
// CHECK: attn.head_product %{{.*}}, %{{.*}} outs(%{{.*}} : tensor<?x8x256x64xf32>) : tensor<256x?xf32>, tensor<?x2x?x64xf32> -> tensor<?x8x256x64xf32>
// CHECK: attn.head_product %{{.*}}, %{{.*}} transposed factor(-1.000000e+00) diagonal(1.500000e+01) outs(%{{.*}} : tensor<?x8x256x256xf32>)
func.func @tensors(%e: tensor<256x?xf32>, %k: tensor<?x2x?x64xf32>, %a: tensor<?x8x256x64xf32>, %b: tensor<?x8x256x256xf32>) -> (tensor<?x8x256x64xf32>, tensor<?x8x256x256xf32>) {
  %0 = attn.head_product %e, %k outs(%a : tensor<?x8x256x64xf32>) : tensor<256x?xf32>, tensor<?x2x?x64xf32> -> tensor<?x8x256x64xf32>
  %1 = attn.head_product %0, %0 transposed factor(-1.0) diagonal(15.0) outs(%b : tensor<?x8x256x256xf32>) : tensor<?x8x256x64xf32>, tensor<?x8x256x64xf32> -> tensor<?x8x256x256xf32>
  return %0, %1 : tensor<?x8x256x64xf32>, tensor<?x8x256x256xf32>
}

// On buffers nothing is returned.
// CHECK-LABEL: func @buffers
// CHECK: attn.head_product %{{.*}}, %{{.*}} outs(%{{.*}} : memref<4x?x12xbf16>) : memref<4x?x8xbf16>, memref<4x8x12xbf16>{{$}}
func.func @buffers(%l: memref<4x?x8xbf16>, %r: memref<4x8x12xbf16>, %o: memref<4x?x12xbf16>) {
  attn.head_product %l, %r outs(%o : memref<4x?x12xbf16>) : memref<4x?x8xbf16>, memref<4x8x12xbf16>
  return
}
