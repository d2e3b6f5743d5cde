// RUN: attn-opt %s | attn-opt | FileCheck %s --strict-whitespace
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Features of a tile, in the type of sums whatever the rows are.
// CHECK-LABEL: func @tensors
// CHECK: attn.map_features elu1 %{{.*}} outs(%{{.*}} : tensor<?x64xf32>) : tensor<?x64xbf16> -> tensor<?x64xf32>
func.func @tensors(%x: tensor<?x64xbf16>, %o: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %r = attn.map_features elu1 %x outs(%o : tensor<?x64xf32>) : tensor<?x64xbf16> -> tensor<?x64xf32>
  return %r : tensor<?x64xf32>
}

// On buffers, with all that kinds ask for.
// CHECK-LABEL: func @buffers
// CHECK: attn.map_features cos %{{.*}} length(%{{.*}}) position(%{{.*}}) outs(%{{.*}} : memref<2x4x128xf32>) : memref<2x4x64xf32>
// CHECK: attn.map_features favor %{{.*}} features(%{{.*}} : memref<128x64xf32>) role(key) outs(%{{.*}} : memref<2x4x128xf32>)
func.func @buffers(%x: memref<2x4x64xf32>, %w: memref<128x64xf32>, %o: memref<2x4x128xf32>, %l: index, %p: index) {
  attn.map_features cos %x length(%l) position(%p) outs(%o : memref<2x4x128xf32>) : memref<2x4x64xf32>
  attn.map_features favor %x features(%w : memref<128x64xf32>) role(key) outs(%o : memref<2x4x128xf32>) : memref<2x4x64xf32>
  return
}
