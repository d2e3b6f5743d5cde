// A decoding step: one query of 32 heads, whose keys are those of eight.
func.func @decode(%q: tensor<1x32x1x64xf32>, %k: tensor<1x8x?x64xf32>, %v: tensor<1x8x?x64xf32>) -> tensor<1x32x1x64xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<1x32x1x64xf32>, tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>) -> tensor<1x32x1x64xf32>
  return %o : tensor<1x32x1x64xf32>
}
