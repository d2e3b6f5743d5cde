// A Linear Transformer: weights are elu1(q) elu1(k) over their sum. Features are made a
// chunk at a time where attn.linear reads them, and never stored.
func.func @attention(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                     %v: tensor<?x2x?x64xbf16>) -> tensor<?x8x?x64xbf16> {
  %fq = attn.feature_map elu1 %q : tensor<?x8x?x64xbf16>
  %fk = attn.feature_map elu1 %k : tensor<?x2x?x64xbf16>
  %o = attn.linear %fq, %fk, %v causal normalize
    : (tensor<?x8x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>)
    -> tensor<?x8x?x64xbf16>
  return %o : tensor<?x8x?x64xbf16>
}
