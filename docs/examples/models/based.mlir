// Based (arXiv:2402.18668), its two layers one after the other: all of the past by softmax to
// second order, of queries and keys of 16 numbers, then softmax over the last 64 tokens.
func.func @based(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x64xf32>)
    -> tensor<?x4x?x64xf32> {
  %fq = attn.feature_map taylor2 %q : tensor<?x4x?x16xf32> -> tensor<?x4x?x153xf32>
  %fk = attn.feature_map taylor2 %k : tensor<?x4x?x16xf32> -> tensor<?x4x?x153xf32>
  %past = attn.linear %fq, %fk, %v causal normalize
    : (tensor<?x4x?x153xf32>, tensor<?x4x?x153xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  %o = attn.sdpa %past, %past, %past mask(all(causal, window<63, 0>)) align(top_left)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
