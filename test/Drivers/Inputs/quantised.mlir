// Keys and values of i8, whose scales are a parameter: what tools say about them.
func.func @attention(%q: tensor<2x?x4xf32>, %k: tensor<2x?x4xi8>, %s: tensor<2x?xf32>) -> tensor<2x?x4xf32> {
  %o = attn.sdpa %q, %k, %k key_scale(%s : tensor<2x?xf32>) value_scale(%s : tensor<2x?xf32>)
    : (tensor<2x?x4xf32>, tensor<2x?x4xi8>, tensor<2x?x4xi8>) -> tensor<2x?x4xf32>
  return %o : tensor<2x?x4xf32>
}
