// Multi-head latent attention (MLA, arXiv:2405.04434) with the widths of DeepSeek-V2: a cache of
// 512 + 64 numbers a token serves 16 heads. A step of decoding attends to the cache itself, a prompt to keys and
// values of each head: one kernel has both.
func.func @mla(%qn: tensor<?x16x?x128xf32>, %qr: tensor<?x16x?x64xf32>, %cache: tensor<?x?x576xf32>,
               %uk: tensor<16x512x128xf32>, %uv: tensor<16x512x128xf32>) -> tensor<?x16x?x128xf32> {
  %o = attn.latent %qn, %qr, %cache, %uk, %uv mask(causal) align(bottom_right) scale(0.0722)
    : tensor<?x16x?x128xf32>, tensor<?x16x?x64xf32>, tensor<?x?x576xf32>,
      tensor<16x512x128xf32>, tensor<16x512x128xf32> -> tensor<?x16x?x128xf32>
  return %o : tensor<?x16x?x128xf32>
}
