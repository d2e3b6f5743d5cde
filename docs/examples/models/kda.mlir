// Kimi Delta Attention (KDA, arXiv:2510.26692): the delta rule on a state that has forgotten by a
// factor for each token and channel, of which %g has the logarithms.
func.func @kda(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>,
               %beta: tensor<?x4x?xf32>, %g: tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<?x4x?x64xf32>) beta(%beta : tensor<?x4x?xf32>)
    causal delta scale(0.125)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
