// Performer (arXiv:2009.14794): weights are products of 128 positive random features, of which %w
// has the directions, an estimate of exp(q k / 8); divided by their sum.
func.func @performer(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x64xf32>,
                     %w: tensor<128x64xf32>) -> tensor<?x4x?x64xf32> {
  %fq = attn.feature_map favor %q features(%w : tensor<128x64xf32>) role(query)
    : tensor<?x4x?x64xf32> -> tensor<?x4x?x128xf32>
  %fk = attn.feature_map favor %k features(%w : tensor<128x64xf32>) role(key)
    : tensor<?x4x?x64xf32> -> tensor<?x4x?x128xf32>
  %o = attn.linear %fq, %fk, %v normalize
    : (tensor<?x4x?x128xf32>, tensor<?x4x?x128xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}
