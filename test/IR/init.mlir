// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>

// CHECK-LABEL: func @tensors
// CHECK: attn.init %{{.*}} factor(1.250000e-01) outs(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) : tensor<?x8xbf16> -> tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
func.func @tensors(%q: tensor<?x8xbf16>, %p: tensor<4x8x16xf32>, %a: tensor<4x24x16xf32>, %m: tensor<4x16xf32>, %s: tensor<4x16xf32>)
    -> (tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) {
  %r:4 = attn.init %q factor(0.125) outs(%p, %a, %m, %s : tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) schedule(#cut)
    : tensor<?x8xbf16> -> tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
  return %r#0, %r#1, %r#2, %r#3 : tensor<4x8x16xf32>, tensor<4x24x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
}

// On buffers it writes, and has no results.
// CHECK-LABEL: func @buffers
// CHECK: attn.init %{{.*}} factor(1.000000e+00) outs(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : memref<1x8x16xf32>, memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) : memref<?x8xf32, strided<[?, ?], offset: ?>>{{$}}
func.func @buffers(%q: memref<?x8xf32, strided<[?, ?], offset: ?>>, %p: memref<1x8x16xf32>, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.init %q factor(1.0) outs(%p, %a, %m, %s : memref<1x8x16xf32>, memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#cut)
    : memref<?x8xf32, strided<[?, ?], offset: ?>>
  return
}

// Without softmax the sum is 1 from the beginning.
// CHECK-LABEL: func @unnormalized
// CHECK: attn.init %{{.*}} factor(1.250000e-01) normalize(none) outs(
func.func @unnormalized(%q: memref<?x8xf32>, %p: memref<1x8x16xf32>, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.init %q factor(0.125) normalize(none) outs(%p, %a, %m, %s : memref<1x8x16xf32>, memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#cut) : memref<?x8xf32>
  return
}

// The queries of a box are numbered through, the last axis running fastest.
// CHECK-LABEL: func @box
// CHECK: attn.init {{.*}} schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6, box = [2, 2, 4]>) : memref<2x?x4x8xf32, strided<[?, ?, ?, 1]>>
func.func @box(%q: memref<2x?x4x8xf32, strided<[?, ?, ?, 1]>>, %p: memref<1x8x16xf32>, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  attn.init %q factor(1.0) outs(%p, %a, %m, %s : memref<1x8x16xf32>, memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>)
    schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6, box = [2, 2, 4]>) : memref<2x?x4x8xf32, strided<[?, ?, ?, 1]>>
  return
}
