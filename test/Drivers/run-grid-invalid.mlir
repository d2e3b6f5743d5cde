// RUN: not attn-run %s --dim=7,0.1=2,1.1=2,2.1=2 2>&1 | FileCheck %s --check-prefix=POINTS
// RUN: not attn-run %s --dim=12,0.1=3,1.1=3,2.1=3 2>&1 | FileCheck %s --check-prefix=HEADS

// Extents that only a run knows fit the grid and the masks of heads.
// POINTS: error: mask grid has 12 points, expected one for each of 7 keys
// HEADS: error: mask per_head has 2 masks, expected one for each head of H = 3
func.func @image(%q: tensor<1x?x?x4xf32>, %k: tensor<1x?x?x4xf32>, %v: tensor<1x?x?x4xf32>) -> tensor<1x?x?x4xf32> {
  %o = attn.sdpa %q, %k, %v mask(per_head[grid<[3, 4], [near<3>, full]>, full]) align(top_left)
    : (tensor<1x?x?x4xf32>, tensor<1x?x?x4xf32>, tensor<1x?x?x4xf32>) -> tensor<1x?x?x4xf32>
  return %o : tensor<1x?x?x4xf32>
}
