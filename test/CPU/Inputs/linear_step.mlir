// A decoding step of linear attention: one token of 16 heads, and as many states.
func.func @step(%q: tensor<1x16x1x128xf32>, %k: tensor<1x16x1x128xf32>, %v: tensor<1x16x1x128xf32>, %g: tensor<1x16x1xf32>, %s: tensor<1x16x128x128xf32>) -> (tensor<1x16x1x128xf32>, tensor<1x16x128x128xf32>) {
  %o, %t = attn.linear %q, %k, %v decay(%g : tensor<1x16x1xf32>) state(%s : tensor<1x16x128x128xf32>) causal : (tensor<1x16x1x128xf32>, tensor<1x16x1x128xf32>, tensor<1x16x1x128xf32>) -> (tensor<1x16x1x128xf32>, tensor<1x16x128x128xf32>)
  return %o, %t : tensor<1x16x1x128xf32>, tensor<1x16x128x128xf32>
}
