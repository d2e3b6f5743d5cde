// DeltaNet (arXiv:2406.06484): each key of norm 1 has what the state holds for it replaced by its
// value, to the degree of beta, instead of added to.
func.func @deltanet(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>,
                    %beta: tensor<?x4x?xf32>) -> tensor<?x4x?x64xf32> {
  %o = attn.linear %q, %k, %v beta(%beta : tensor<?x4x?xf32>) causal delta scale(0.125)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
