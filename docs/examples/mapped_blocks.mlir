// The blocks in which a mask keeps a pair, found once in a kernel of its own: what it
// returns is what block_sparse.mlir takes. Documents of boundaries that are known at
// run time only, in blocks of 128 by 128.
func.func @map(%tokens: tensor<?xi32>, %starts: tensor<?xi32>)
    -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %tokens, %c0 : tensor<?xi32>
  %map = attn.block_map mask(all(causal, docs(%starts : tensor<?xi32>))) shape(%n, %n)
    tile(128, 128) : !attn.blocks<128, 128>
  %row_ptr, %col = attn.block_tensors %map
    : !attn.blocks<128, 128> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %row_ptr, %col : tensor<?x?x?xi32>, tensor<?xi32>
}
