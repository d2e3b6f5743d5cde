// Dense attention in bf16, of which AMX takes the products.
func.func @dense(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx>)
    : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}
