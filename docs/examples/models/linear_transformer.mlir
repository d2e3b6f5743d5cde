// A Linear Transformer (arXiv:2006.16236): weights are elu1(q) elu1(k) over their sum. Features
// are made a chunk at a time where attn.linear reads them, and never stored.
func.func @linear_transformer(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>,
                              %v: tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32> {
  %fq = attn.feature_map elu1 %q : tensor<?x4x?x64xf32>
  %fk = attn.feature_map elu1 %k : tensor<?x2x?x64xf32>
  %o = attn.linear %fq, %fk, %v causal normalize
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
