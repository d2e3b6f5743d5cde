// Attention to listed blocks of 128 queries by 128 keys. Row t of the blocks sees
// the block columns col[row_ptr[0, 0, t]] up to col[row_ptr[0, 0, t + 1]]: a sparse
// matrix in CSR, shared by all batch elements and heads, made by whoever runs the
// kernel. Time is that of the blocks listed; of others not a key is read.
func.func @attention(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>,
                     %v: tensor<?x8x?x64xf32>, %row_ptr: tensor<1x1x?xi32>,
                     %col: tensor<?xi32>) -> tensor<?x8x?x64xf32> {
  %list = attn.block_list %row_ptr, %col
    : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<128, 128>
  %o = attn.sdpa %q, %k, %v mask(all(causal, blocks(%list : !attn.blocks<128, 128>)))
    align(top_left)
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>)
    -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
