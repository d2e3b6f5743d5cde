// A score program: ALiBi, then a soft cap. The order of the two is what the
// region says, which no set of flags could. Row i is absolute, j is the key; the
// slopes are read by index from the tensor around the op.
func.func @attention(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>,
                     %v: tensor<1x8x?x64xf32>, %slopes: tensor<8xf32>)
    -> tensor<1x8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %distance = arith.subi %i, %j : index
      %distance_i32 = arith.index_cast %distance : index to i32
      %distance_f32 = arith.sitofp %distance_i32 : i32 to f32
      %slope = tensor.extract %slopes[%h] : tensor<8xf32>
      %penalty = arith.mulf %slope, %distance_f32 : f32
      %biased = arith.subf %s, %penalty : f32
      %cap = arith.constant 5.0e+01 : f32
      %ratio = arith.divf %biased, %cap : f32
      %bounded = math.tanh %ratio : f32
      %capped = arith.mulf %bounded, %cap : f32
      attn.yield %capped : f32
    }
    : (tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32>
  return %o : tensor<1x8x?x64xf32>
}
