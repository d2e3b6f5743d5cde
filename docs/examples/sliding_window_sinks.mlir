// A sliding window with learned sinks (gpt-oss): each query sees itself and the
// 127 keys before it, and a logit per head that only joins the softmax's sum
// takes up the weight of a query that finds nothing to attend to.
func.func @attention(%q: tensor<1x64x?x64xbf16>, %k: tensor<1x8x?x64xbf16>,
                     %v: tensor<1x8x?x64xbf16>, %sinks: tensor<64xf32>)
    -> tensor<1x64x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, window<127, 0>)) align(top_left)
    sink(%sinks : tensor<64xf32>)
    : (tensor<1x64x?x64xbf16>, tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
    -> tensor<1x64x?x64xbf16>
  return %o : tensor<1x64x?x64xbf16>
}
