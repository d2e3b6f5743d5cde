// Gated DeltaNet (arXiv:2412.06464): the delta rule on a state that has forgotten by a factor for
// each token, of which %g has the logarithms.
func.func @gated_deltanet(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>,
                          %v: tensor<?x4x?x64xf32>, %beta: tensor<?x4x?xf32>,
                          %g: tensor<?x4x?xf32>) -> tensor<?x4x?x64xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<?x4x?xf32>) beta(%beta : tensor<?x4x?xf32>)
    causal delta scale(0.125)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
