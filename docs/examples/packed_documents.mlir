// Documents of different lengths lie one behind the other, without padding and
// without a batch dimension: document d holds the tokens from starts[d] up to
// starts[d + 1]. No query sees another document, and blocks of keys that lie
// wholly in others are not visited.
func.func @attention(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>,
                     %v: tensor<8x?x64xf32>, %starts: tensor<?xi32>)
    -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(all(causal, window<255, 0>, docs(%starts : tensor<?xi32>))) align(top_left)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>)
    -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
