// Two heads whose core is the values alone: y = x Wv Wo.
func.func @layer(%x: tensor<1x?x4xf32>, %wv: tensor<4x4xf32>, %wo: tensor<4x4xf32>) -> tensor<1x?x4xf32> {
  %y = attn.layer %x, %wv, %wv, %wv output(%wo : tensor<4x4xf32>) heads(2) kv_heads(2) {
  ^bb0(%q: tensor<1x2x?x2xf32>, %k: tensor<1x2x?x2xf32>, %v: tensor<1x2x?x2xf32>):
    attn.yield %v : tensor<1x2x?x2xf32>
  } : (tensor<1x?x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<1x?x4xf32>
  return %y : tensor<1x?x4xf32>
}
