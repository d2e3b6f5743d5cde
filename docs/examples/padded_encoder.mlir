// Self-attention of a text encoder: sentences of different lengths share one
// batch, padded to the longest. `lens` keeps, for sentence b, the keys before
// lengths[b]; the padding behind them is never read. One kernel serves every
// batch size and every length.
func.func @attention(%q: tensor<?x12x?x32xf32>, %k: tensor<?x12x?x32xf32>,
                     %v: tensor<?x12x?x32xf32>, %lengths: tensor<?xi32>)
    -> tensor<?x12x?x32xf32> {
  %o = attn.sdpa %q, %k, %v mask(lens(%lengths : tensor<?xi32>))
    : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>)
    -> tensor<?x12x?x32xf32>
  return %o : tensor<?x12x?x32xf32>
}
