// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --compare=reference | FileCheck %s

// Absorbed, expanded, and what run-time extents choose, on one cache and on c and k apart.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
func.func @latent(%a: tensor<2x4x?x8xf32>, %b: tensor<2x4x?x6xf32>, %c: tensor<2x?x16xf32>,
    %uk: tensor<4x10x8xf32>, %uv: tensor<4x10x12xf32>, %l: tensor<2x?x10xf32>, %k: tensor<2x?x6xf32>)
    -> (tensor<2x4x?x12xf32>, tensor<2x4x?x12xf32>, tensor<2x4x?x12xf32>) {
  %0 = attn.latent %a, %b, %c, %uk, %uv mask(causal) align(top_left) form(absorbed) : tensor<2x4x?x8xf32>, tensor<2x4x?x6xf32>, tensor<2x?x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x?x12xf32>
  %1 = attn.latent %a, %b, %l, %uk, %uv rope(%k : tensor<2x?x6xf32>) mask(window<9, 0>) align(bottom_right) form(expanded) : tensor<2x4x?x8xf32>, tensor<2x4x?x6xf32>, tensor<2x?x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x?x12xf32>
  %2 = attn.latent %a, %b, %l, %uk, %uv rope(%k : tensor<2x?x6xf32>) scale(0.1) : tensor<2x4x?x8xf32>, tensor<2x4x?x6xf32>, tensor<2x?x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x?x12xf32>
  return %0, %1, %2 : tensor<2x4x?x12xf32>, tensor<2x4x?x12xf32>, tensor<2x4x?x12xf32>
}
