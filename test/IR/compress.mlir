// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Overlapping blocks of keys of any number.
// CHECK-LABEL: func @overlapping
// CHECK: attn.compress %{{.*}} length(32) stride(16) : tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
func.func @overlapping(%k: tensor<?x8x?x64xbf16>) -> tensor<?x8x?x64xbf16> {
  %c = attn.compress %k length(32) stride(16) : tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %c : tensor<?x8x?x64xbf16>
}

// A static number of rows says how many there are: those behind the last whole block are
// dropped, and fewer rows than a block make none.
// CHECK-LABEL: func @static
// CHECK: attn.compress %{{.*}} length(4) stride(3) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
// CHECK: attn.compress %{{.*}} length(10) stride(10) : tensor<2x9x8xf32> -> tensor<2x0x8xf32>
func.func @static(%k: tensor<2x9x8xf32>) -> (tensor<2x2x8xf32>, tensor<2x0x8xf32>) {
  %0 = attn.compress %k length(4) stride(3) : tensor<2x9x8xf32> -> tensor<2x2x8xf32>
  %1 = attn.compress %k length(10) stride(10) : tensor<2x9x8xf32> -> tensor<2x0x8xf32>
  return %0, %1 : tensor<2x2x8xf32>, tensor<2x0x8xf32>
}

// Means of segments, of any number of rows, and of the first n[b] rows of each batch element.
// CHECK-LABEL: func @segments
// CHECK: attn.compress %{{.*}} segment_mean(64) : tensor<?x8x?x64xf32> -> tensor<?x8x64x64xf32>
// CHECK: attn.compress %{{.*}} segment_mean(64) lens(%{{.*}} : tensor<?xi32>) : tensor<?x8x?x64xf32> -> tensor<?x8x64x64xf32>
func.func @segments(%k: tensor<?x8x?x64xf32>, %n: tensor<?xi32>) -> (tensor<?x8x64x64xf32>, tensor<?x8x64x64xf32>) {
  %0 = attn.compress %k segment_mean(64) : tensor<?x8x?x64xf32> -> tensor<?x8x64x64xf32>
  %1 = attn.compress %k segment_mean(64) lens(%n : tensor<?xi32>) : tensor<?x8x?x64xf32> -> tensor<?x8x64x64xf32>
  return %0, %1 : tensor<?x8x64x64xf32>, tensor<?x8x64x64xf32>
}

// Mixtures, by a matrix for all heads, or for each, which may be more than those of the rows.
// CHECK-LABEL: func @mixtures
// CHECK: attn.compress %{{.*}} matrix(%{{.*}} : tensor<16x?xf32>) : tensor<2x7x8xf32> -> tensor<2x16x8xf32>
// CHECK: attn.compress %{{.*}} matrix(%{{.*}} : tensor<4x?x9xf32>) : tensor<2x7x8xf32> -> tensor<4x?x8xf32>
func.func @mixtures(%k: tensor<2x7x8xf32>, %e: tensor<16x?xf32>, %f: tensor<4x?x9xf32>) -> (tensor<2x16x8xf32>, tensor<4x?x8xf32>) {
  %0 = attn.compress %k matrix(%e : tensor<16x?xf32>) : tensor<2x7x8xf32> -> tensor<2x16x8xf32>
  %1 = attn.compress %k matrix(%f : tensor<4x?x9xf32>) : tensor<2x7x8xf32> -> tensor<4x?x8xf32>
  return %0, %1 : tensor<2x16x8xf32>, tensor<4x?x8xf32>
}
