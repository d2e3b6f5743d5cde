// The selected branch of native sparse attention in one kernel: keys compressed, their
// probabilities, the blocks that each group of four heads chooses by them, and attention
// to those. Nothing of queries x keys is made, but probabilities of queries x compressed keys.
func.func @selected(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>)
    -> tensor<?x8x?x64xf32> {
  %c2 = arith.constant 2 : index
  %m = tensor.dim %q, %c2 : tensor<?x8x?x64xf32>
  %n = tensor.dim %k, %c2 : tensor<?x2x?x64xf32>
  %means = attn.compress %k length(32) stride(16) : tensor<?x2x?x64xf32> -> tensor<?x2x?x64xf32>
  // A compressed key is seen by queries at or behind the last of its keys.
  %p = attn.weights %q, %means align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c16 = arith.constant 16 : index
      %c31 = arith.constant 31 : index
      %none = arith.constant 0xFF800000 : f32
      %first = arith.muli %j, %c16 : index
      %last = arith.addi %first, %c31 : index
      %past = arith.cmpi sle, %last, %i : index
      %t = arith.select %past, %s, %none : f32
      attn.yield %t : f32
    } : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x8x?x?xf32>
  %seen = attn.block_map mask(causal) shape(%m, %n) tile(1, 64) : !attn.blocks<1, 64, 4>
  %list = attn.select %p shape(%m, %n) k(16) initial(1) local(2) length(32) stride(16)
    among(%seen : !attn.blocks<1, 64, 4>) : tensor<?x8x?x?xf32> -> !attn.blocks<1, 64, 4>
  %o = attn.sdpa %q, %k, %v mask(all(causal, blocks(%list : !attn.blocks<1, 64, 4>))) align(top_left)
    : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
