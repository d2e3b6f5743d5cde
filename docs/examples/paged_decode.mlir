// Decoding on pages of 16 keys: the rows of this step go to where each sequence ends, in
// place, and 32 query heads attend to 8 heads of keys, page by page, where they lie.
func.func @attention(%q: tensor<?x32x?x64xbf16>, %pages: tensor<?x16x8x64xbf16> {attn.inplace},
                     %new: tensor<?x8x?x64xbf16>, %t: tensor<?x?xi32>, %pos: tensor<?xi32>,
                     %n: tensor<?xi32>) -> (tensor<?x32x?x64xbf16>, tensor<?x16x8x64xbf16>) {
  %p = attn.kv_append %pages, %new, %pos table(%t : tensor<?x?xi32>)
    : tensor<?x16x8x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?xi32>
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xbf16>, tensor<?x?xi32> -> tensor<?x8x?x64xbf16>
  %o = attn.sdpa %q, %k, %k mask(all(causal, lens(%n : tensor<?xi32>)))
    offset(%pos : tensor<?xi32>)
    : (tensor<?x32x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>)
    -> tensor<?x32x?x64xbf16>
  return %o, %p : tensor<?x32x?x64xbf16>, tensor<?x16x8x64xbf16>
}
