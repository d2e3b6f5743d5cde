// A whole self-attention layer: projections, 8 heads of 64, rotary positions,
// causal attention, output projection. The core is a region, so that any
// mechanism can stand in it.
func.func @layer(%x: tensor<?x?x512xf32>, %wq: tensor<512x512xf32>,
                 %wk: tensor<512x512xf32>, %wv: tensor<512x512xf32>,
                 %wo: tensor<512x512xf32>, %cos: tensor<?x32xf32>,
                 %sin: tensor<?x32xf32>) -> tensor<?x?x512xf32> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<512x512xf32>)
    heads(8) kv_heads(8) {
  ^bb0(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>):
    %qr = attn.rope %q, %cos, %sin layout(half)
      : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
    %kr = attn.rope %k, %cos, %sin layout(half)
      : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
    %o = attn.sdpa %qr, %kr, %v mask(causal) align(top_left)
      : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
      -> tensor<?x8x?x64xf32>
    attn.yield %o : tensor<?x8x?x64xf32>
  } : (tensor<?x?x512xf32>, tensor<512x512xf32>, tensor<512x512xf32>, tensor<512x512xf32>)
    -> tensor<?x?x512xf32>
  return %y : tensor<?x?x512xf32>
}
