// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Pages of 16 keys; how many there are, and how many a batch element has, is known at
// run time.
// CHECK-LABEL: func @keys
// CHECK: attn.paged_view %{{.*}}, %{{.*}} : tensor<?x16x8x128xbf16>, tensor<?x?xi32> -> tensor<?x8x?x128xbf16>
func.func @keys(%p: tensor<?x16x8x128xbf16>, %t: tensor<?x?xi32>) -> tensor<?x8x?x128xbf16> {
  %k = attn.paged_view %p, %t : tensor<?x16x8x128xbf16>, tensor<?x?xi32> -> tensor<?x8x?x128xbf16>
  return %k : tensor<?x8x?x128xbf16>
}

// All known: 3 pages of 64 keys are 192 keys.
// CHECK-LABEL: func @static
// CHECK: -> tensor<2x8x192x128xi8>
func.func @static(%p: tensor<5x64x8x128xi8>, %t: tensor<2x3xi32>) -> tensor<2x8x192x128xi8> {
  %k = attn.paged_view %p, %t : tensor<5x64x8x128xi8>, tensor<2x3xi32> -> tensor<2x8x192x128xi8>
  return %k : tensor<2x8x192x128xi8>
}

// The scales of quantised keys are in pages too.
// CHECK-LABEL: func @scales
// CHECK: attn.paged_view %{{.*}}, %{{.*}} : tensor<?x1x8xf32>, tensor<2x?xi32> -> tensor<2x8x?xf32>
func.func @scales(%p: tensor<?x1x8xf32>, %t: tensor<2x?xi32>) -> tensor<2x8x?xf32> {
  %k = attn.paged_view %p, %t : tensor<?x1x8xf32>, tensor<2x?xi32> -> tensor<2x8x?xf32>
  return %k : tensor<2x8x?xf32>
}
