// cosFormer (arXiv:2202.08791): weights are relu(q) relu(k) cos(pi (i - j) / 2M), divided by their
// sum, for texts of at most M = 4096 tokens.
func.func @cosformer(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>)
    -> tensor<?x4x?x64xf32> {
  %m = arith.constant 4096 : index
  %fq = attn.feature_map cos %q length(%m) : tensor<?x4x?x64xf32> -> tensor<?x4x?x128xf32>
  %fk = attn.feature_map cos %k length(%m) : tensor<?x4x?x64xf32> -> tensor<?x4x?x128xf32>
  %o = attn.linear %fq, %fk, %v causal normalize
    : (tensor<?x4x?x128xf32>, tensor<?x4x?x128xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
