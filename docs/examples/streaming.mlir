// Attention for endless text (StreamingLLM): the last 1024 keys and the first
// four, which soak up the weight that softmax must put somewhere. Two runs of
// key blocks a query block, whatever the length.
func.func @attention(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>,
                     %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, any(window<1023, 0>, cols<4>)))
    align(bottom_right)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>)
    -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
