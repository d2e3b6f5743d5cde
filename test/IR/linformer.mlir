// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Projections for all heads; more columns than keys.
// CHECK-LABEL: func @shared
// CHECK: attn.linformer %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32>, tensor<256x4096xf32>, tensor<256x4096xf32> -> tensor<?x8x?x32xf32>
func.func @shared(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x32xf32>, %e: tensor<256x4096xf32>, %f: tensor<256x4096xf32>) -> tensor<?x8x?x32xf32> {
  %o = attn.linformer %q, %k, %v, %e, %f : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32>, tensor<256x4096xf32>, tensor<256x4096xf32> -> tensor<?x8x?x32xf32>
  return %o : tensor<?x8x?x32xf32>
}

// A projection a head, a scale, no batch.
// CHECK-LABEL: func @of_heads
// CHECK: attn.linformer %{{.*}} scale(2.500000e-01) : tensor<8x9x?xbf16>, tensor<2x7x?xbf16>, tensor<2x7x16xbf16>, tensor<4x?x?xbf16>, tensor<4x?x?xbf16> -> tensor<8x9x16xbf16>
func.func @of_heads(%q: tensor<8x9x?xbf16>, %k: tensor<2x7x?xbf16>, %v: tensor<2x7x16xbf16>, %e: tensor<4x?x?xbf16>) -> tensor<8x9x16xbf16> {
  %o = attn.linformer %q, %k, %v, %e, %e scale(0.25) : tensor<8x9x?xbf16>, tensor<2x7x?xbf16>, tensor<2x7x16xbf16>, tensor<4x?x?xbf16>, tensor<4x?x?xbf16> -> tensor<8x9x16xbf16>
  return %o : tensor<8x9x16xbf16>
}
