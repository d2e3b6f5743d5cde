// Linformer (arXiv:2006.04768): keys and values projected from N rows to 128, whatever N is up to
// 4096, by one matrix for all heads each.
func.func @linformer(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>,
                     %e: tensor<128x4096xf32>, %f: tensor<128x4096xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.linformer %q, %k, %v, %e, %f
    : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>,
      tensor<128x4096xf32>, tensor<128x4096xf32> -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
