// Two kernels, one with a name that no C identifier has.
func.func @attention(%q: tensor<2x?x4xf32>, %k: tensor<2x?x4xf32>) -> (tensor<2x?x4xf32>, tensor<2x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %k
    : (tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> (tensor<2x?x4xf32>, tensor<2x?xf32>)
  return %o, %lse : tensor<2x?x4xf32>, tensor<2x?xf32>
}
func.func @"with-counts"(%q: tensor<2x?x4xbf16>, %n: tensor<3xi64>) -> tensor<2x?x4xbf16> {
  %o = attn.sdpa %q, %q, %q
    : (tensor<2x?x4xbf16>, tensor<2x?x4xbf16>, tensor<2x?x4xbf16>) -> tensor<2x?x4xbf16>
  return %o : tensor<2x?x4xbf16>
}
