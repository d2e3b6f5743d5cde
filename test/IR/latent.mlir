// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// One cache holds the latent rows and, behind them, what is rotated.
// CHECK-LABEL: func @cache
// CHECK: attn.latent %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} mask(all(causal, lens(%{{.*}} : tensor<?xi32>))) align(bottom_right) form(absorbed) : tensor<?x16x?x128xbf16>, tensor<?x16x?x64xbf16>, tensor<?x?x576xbf16>, tensor<16x512x128xbf16>, tensor<16x512x128xbf16> -> tensor<?x16x?x128xbf16>
func.func @cache(%a: tensor<?x16x?x128xbf16>, %b: tensor<?x16x?x64xbf16>, %c: tensor<?x?x576xbf16>, %uk: tensor<16x512x128xbf16>, %uv: tensor<16x512x128xbf16>, %n: tensor<?xi32>) -> tensor<?x16x?x128xbf16> {
  %o = attn.latent %a, %b, %c, %uk, %uv form(absorbed) align(bottom_right) mask(all(causal, lens(%n : tensor<?xi32>))) : tensor<?x16x?x128xbf16>, tensor<?x16x?x64xbf16>, tensor<?x?x576xbf16>, tensor<16x512x128xbf16>, tensor<16x512x128xbf16> -> tensor<?x16x?x128xbf16>
  return %o : tensor<?x16x?x128xbf16>
}

// Apart, with a scale, and no form: the compiler chooses.
// CHECK-LABEL: func @apart
// CHECK: attn.latent %{{.*}} rope(%{{.*}} : tensor<2x7x6xf32>) scale(2.500000e-01) : {{.*}} -> tensor<2x4x5x12xf32>
func.func @apart(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x10xf32>, %k: tensor<2x7x6xf32>, %uk: tensor<4x10x8xf32>, %uv: tensor<4x10x12xf32>) -> tensor<2x4x5x12xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv rope(%k : tensor<2x7x6xf32>) scale(0.25) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return %o : tensor<2x4x5x12xf32>
}
