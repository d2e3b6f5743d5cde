// Gated linear attention (GLA, arXiv:2312.06635): the state forgets by a factor for each token and
// channel, of which %g has the logarithms.
func.func @gla(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>,
               %g: tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<?x4x?x64xf32>) causal scale(0.125)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
