// Log-linear attention (arXiv:2506.04761): the past of a token is cut into buckets of 1, 1, 2, 4, …
// tokens as a Fenwick tree has them, each weighed by a number %l of the token; the bucket of key j
// is where i and j differ first. This form visits all pairs; log_linear.py is the fast one.
func.func @log_linear(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>,
                      %l: tensor<?x4x?x16xf32>) -> tensor<?x4x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) normalize(none) scale(0.015625)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c32 = arith.constant 32 : i32
      %c15 = arith.constant 15 : index
      %c0 = arith.constant 0 : index
      %ii = arith.index_cast %i : index to i32
      %jj = arith.index_cast %j : index to i32
      %differ = arith.xori %ii, %jj : i32
      %zeros = math.ctlz %differ : i32
      %bits = arith.subi %c32, %zeros : i32
      %level = arith.index_cast %bits : i32 to index
      %w = tensor.extract %l[%b, %h, %i, %level] : tensor<?x4x?x16xf32>
      %t = arith.mulf %s, %w : f32
      attn.yield %t : f32
    }
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
