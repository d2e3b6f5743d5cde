// One decoding step on a cache that is only partly filled: batch element b holds
// lengths[b] keys, and its queries stand at positions[b], positions[b] + 1, …
// What lies behind the filled part is never read.
func.func @attention(%q: tensor<?x16x?x64xf16>, %k: tensor<?x4x?x64xf16>,
                     %v: tensor<?x4x?x64xf16>, %lengths: tensor<?xi32>,
                     %positions: tensor<?xi32>) -> tensor<?x16x?x64xf16> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, lens(%lengths : tensor<?xi32>)))
    offset(%positions : tensor<?xi32>)
    : (tensor<?x16x?x64xf16>, tensor<?x4x?x64xf16>, tensor<?x4x?x64xf16>)
    -> tensor<?x16x?x64xf16>
  return %o : tensor<?x16x?x64xf16>
}
