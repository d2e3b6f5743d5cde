// A layer of 3 heads of 24 on one, in each type: the products have 72 and 24
// columns, a block and a rest, or less than one.
func.func @f32(%x: tensor<?x?x40xf32>, %wq: tensor<40x72xf32>, %wk: tensor<40x24xf32>, %wv: tensor<40x24xf32>, %wo: tensor<72x130xf32>) -> tensor<?x?x130xf32> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<72x130xf32>) heads(3) kv_heads(1) {
  ^bb0(%q: tensor<?x3x?x24xf32>, %k: tensor<?x1x?x24xf32>, %v: tensor<?x1x?x24xf32>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
      : (tensor<?x3x?x24xf32>, tensor<?x1x?x24xf32>, tensor<?x1x?x24xf32>) -> tensor<?x3x?x24xf32>
    attn.yield %o : tensor<?x3x?x24xf32>
  } : (tensor<?x?x40xf32>, tensor<40x72xf32>, tensor<40x24xf32>, tensor<40x24xf32>) -> tensor<?x?x130xf32>
  return %y : tensor<?x?x130xf32>
}
func.func @f64(%x: tensor<?x?x40xf64>, %wq: tensor<40x72xf64>, %wk: tensor<40x24xf64>, %wv: tensor<40x24xf64>, %wo: tensor<72x130xf64>) -> tensor<?x?x130xf64> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<72x130xf64>) heads(3) kv_heads(1) {
  ^bb0(%q: tensor<?x3x?x24xf64>, %k: tensor<?x1x?x24xf64>, %v: tensor<?x1x?x24xf64>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
      : (tensor<?x3x?x24xf64>, tensor<?x1x?x24xf64>, tensor<?x1x?x24xf64>) -> tensor<?x3x?x24xf64>
    attn.yield %o : tensor<?x3x?x24xf64>
  } : (tensor<?x?x40xf64>, tensor<40x72xf64>, tensor<40x24xf64>, tensor<40x24xf64>) -> tensor<?x?x130xf64>
  return %y : tensor<?x?x130xf64>
}
func.func @f16(%x: tensor<?x?x40xf16>, %wq: tensor<40x72xf16>, %wk: tensor<40x24xf16>, %wv: tensor<40x24xf16>, %wo: tensor<72x130xf16>) -> tensor<?x?x130xf16> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<72x130xf16>) heads(3) kv_heads(1) {
  ^bb0(%q: tensor<?x3x?x24xf16>, %k: tensor<?x1x?x24xf16>, %v: tensor<?x1x?x24xf16>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
      : (tensor<?x3x?x24xf16>, tensor<?x1x?x24xf16>, tensor<?x1x?x24xf16>) -> tensor<?x3x?x24xf16>
    attn.yield %o : tensor<?x3x?x24xf16>
  } : (tensor<?x?x40xf16>, tensor<40x72xf16>, tensor<40x24xf16>, tensor<40x24xf16>) -> tensor<?x?x130xf16>
  return %y : tensor<?x?x130xf16>
}
func.func @bf16(%x: tensor<?x?x40xbf16>, %wq: tensor<40x72xbf16>, %wk: tensor<40x24xbf16>, %wv: tensor<40x24xbf16>, %wo: tensor<72x130xbf16>) -> tensor<?x?x130xbf16> {
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<72x130xbf16>) heads(3) kv_heads(1) {
  ^bb0(%q: tensor<?x3x?x24xbf16>, %k: tensor<?x1x?x24xbf16>, %v: tensor<?x1x?x24xbf16>):
    %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
      : (tensor<?x3x?x24xbf16>, tensor<?x1x?x24xbf16>, tensor<?x1x?x24xbf16>) -> tensor<?x3x?x24xbf16>
    attn.yield %o : tensor<?x3x?x24xbf16>
  } : (tensor<?x?x40xbf16>, tensor<40x72xbf16>, tensor<40x24xbf16>, tensor<40x24xbf16>) -> tensor<?x?x130xbf16>
  return %y : tensor<?x?x130xbf16>
}
