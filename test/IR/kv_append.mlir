// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @contiguous
// CHECK-SAME: {attn.inplace}
// CHECK: attn.kv_append %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32>, tensor<?xi32>
func.func @contiguous(%c: tensor<?x8x?x128xf32> {attn.inplace}, %n: tensor<?x8x?x128xf32>, %p: tensor<?xi32>) -> tensor<?x8x?x128xf32> {
  %r = attn.kv_append %c, %n, %p : tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32>, tensor<?xi32>
  return %r : tensor<?x8x?x128xf32>
}

// Without a batch there is one position; a ring overwrites its oldest rows.
// CHECK-LABEL: func @ring
// CHECK: attn.kv_append %{{.*}}, %{{.*}}, %{{.*}} ring : tensor<8x64x128xbf16>, tensor<8x1x128xbf16>, tensor<1xi32>
func.func @ring(%c: tensor<8x64x128xbf16>, %n: tensor<8x1x128xbf16>, %p: tensor<1xi32>) -> tensor<8x64x128xbf16> {
  %r = attn.kv_append %c, %n, %p ring : tensor<8x64x128xbf16>, tensor<8x1x128xbf16>, tensor<1xi32>
  return %r : tensor<8x64x128xbf16>
}

// CHECK-LABEL: func @paged
// CHECK: attn.kv_append %{{.*}}, %{{.*}}, %{{.*}} ring table(%{{.*}} : tensor<?x?xi32>) : tensor<?x16x8x128xi8>, tensor<?x8x?x128xi8>, tensor<?xi32>
func.func @paged(%c: tensor<?x16x8x128xi8>, %n: tensor<?x8x?x128xi8>, %p: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<?x16x8x128xi8> {
  %r = attn.kv_append %c, %n, %p ring table(%t : tensor<?x?xi32>) : tensor<?x16x8x128xi8>, tensor<?x8x?x128xi8>, tensor<?xi32>
  return %r : tensor<?x16x8x128xi8>
}

// Scales of quantised keys have no width.
// CHECK-LABEL: func @scales
// CHECK: attn.kv_append %{{.*}}, %{{.*}}, %{{.*}} scales : tensor<2x8x?xf32>, tensor<2x8x?xf32>, tensor<2xi32>
// CHECK: attn.kv_append %{{.*}}, %{{.*}}, %{{.*}} scales table(%{{.*}} : tensor<2x?xi32>) : tensor<?x16x8xf32>, tensor<2x8x?xf32>, tensor<2xi32>
func.func @scales(%c: tensor<2x8x?xf32>, %s: tensor<?x16x8xf32>, %n: tensor<2x8x?xf32>, %p: tensor<2xi32>, %t: tensor<2x?xi32>) -> (tensor<2x8x?xf32>, tensor<?x16x8xf32>) {
  %r = attn.kv_append %c, %n, %p scales : tensor<2x8x?xf32>, tensor<2x8x?xf32>, tensor<2xi32>
  %q = attn.kv_append %s, %n, %p scales table(%t : tensor<2x?xi32>) : tensor<?x16x8xf32>, tensor<2x8x?xf32>, tensor<2xi32>
  return %r, %q : tensor<2x8x?xf32>, tensor<?x16x8xf32>
}
