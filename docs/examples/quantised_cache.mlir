// A decoding step on a cache of eight-bit keys and values: each row counts as
// multiplied by its scale. The cache takes a quarter of what f32 would, and is never
// dequantised as a whole.
func.func @attention(%q: tensor<?x16x?x64xbf16>, %k: tensor<?x4x?x64xi8>,
                     %v: tensor<?x4x?x64xf8E4M3FN>, %key_scale: tensor<?x4x?xf32>,
                     %value_scale: tensor<?x4x?xf32>, %lengths: tensor<?xi32>)
    -> tensor<?x16x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v mask(lens(%lengths : tensor<?xi32>))
    key_scale(%key_scale : tensor<?x4x?xf32>)
    value_scale(%value_scale : tensor<?x4x?xf32>)
    : (tensor<?x16x?x64xbf16>, tensor<?x4x?x64xi8>, tensor<?x4x?x64xf8E4M3FN>)
    -> tensor<?x16x?x64xbf16>
  return %o : tensor<?x16x?x64xbf16>
}
