// RUN: attn-opt %s --attn-partition-grid --attn-tile-keys --attn-specialize-blocks --attn-fold-paged-views --verify-diagnostics

// A schedule written by hand whose blocks cross pages.
func.func @crosses(%q: tensor<1x1x?x64xf32>, %p: tensor<?x16x1x64xf32>, %t: tensor<1x?xi32>) -> tensor<1x1x?x64xf32> {
  // expected-note @below {{the pages are here}}
  %k = attn.paged_view %p, %t : tensor<?x16x1x64xf32>, tensor<1x?xi32> -> tensor<1x1x?x64xf32>
  // expected-error @below {{folds blocks of 24 keys, pages have 16: expected a key_block that divides the page}}
  %o = attn.sdpa %q, %k, %k schedule(#attn.schedule<query_block = 16, key_block = 24, panel = 16, rows = 6>) : (tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>) -> tensor<1x1x?x64xf32>
  return %o : tensor<1x1x?x64xf32>
}
