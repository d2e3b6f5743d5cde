// A decoder's self-attention: 32 query heads share 8 heads of keys and values,
// which are never repeated in memory. `bottom_right` puts the last query on the
// last key, so that the same kernel serves a prompt and, with a cache, the few
// queries of a decoding step. The log-sum-exp is kept for merging.
func.func @attention(%q: tensor<?x32x?x128xbf16>, %k: tensor<?x8x?x128xbf16>,
                     %v: tensor<?x8x?x128xbf16>)
    -> (tensor<?x32x?x128xbf16>, tensor<?x32x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v mask(causal) align(bottom_right)
    : (tensor<?x32x?x128xbf16>, tensor<?x8x?x128xbf16>, tensor<?x8x?x128xbf16>)
    -> (tensor<?x32x?x128xbf16>, tensor<?x32x?xf32>)
  return %o, %lse : tensor<?x32x?x128xbf16>, tensor<?x32x?xf32>
}
