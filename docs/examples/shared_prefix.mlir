// Keys in two pieces, a prefix that all sequences of the batch share and a tail
// of their own: each piece is attended to by itself, and the log-sum-exps merge
// the two into attention over both.
func.func @attention(%q: tensor<?x8x?x64xf32>, %pk: tensor<?x8x?x64xf32>,
                     %pv: tensor<?x8x?x64xf32>, %tk: tensor<?x8x?x64xf32>,
                     %tv: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
  %prefix, %prefix_lse = attn.sdpa %q, %pk, %pv
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
    -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>)
  %tail, %tail_lse = attn.sdpa %q, %tk, %tv mask(causal) align(bottom_right)
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
    -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>)
  %o, %lse = attn.merge (%prefix, %prefix_lse), (%tail, %tail_lse)
    : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
  return %o : tensor<?x8x?x64xf32>
}
