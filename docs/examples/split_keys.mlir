// Keys in two pieces, say a long prompt and what was written since: each piece
// is attended to by itself, and the log-sum-exps merge the two into attention
// over both.
func.func @attention(%q: tensor<?x8x?x64xf32>, %pk: tensor<?x8x?x64xf32>,
                     %pv: tensor<?x8x?x64xf32>, %rk: tensor<?x8x?x64xf32>,
                     %rv: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
  %prompt, %prompt_lse = attn.sdpa %q, %pk, %pv
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
    -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>)
  %recent, %recent_lse = attn.sdpa %q, %rk, %rv mask(causal) align(bottom_right)
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
    -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>)
  %o, %lse = attn.merge (%prompt, %prompt_lse), (%recent, %recent_lse)
    : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
  return %o : tensor<?x8x?x64xf32>
}
