// Nyströmformer (arXiv:2102.03902): attention by 64 landmarks, over padded batches, with the
// convolution of 33 rows that the paper adds; the residual says how good the inverse of the
// landmarks is.
func.func @nystromformer(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>,
                         %n: tensor<?xi32>, %w: tensor<8x33xf32>) -> (tensor<?x8x?x64xf32>, tensor<?x8xf32>) {
  %o, %r = attn.nystrom %q, %k, %v landmarks(64) lens(%n : tensor<?xi32>) skip(%w : tensor<8x33xf32>)
    : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>
    -> tensor<?x8x?x64xf32>, tensor<?x8xf32>
  return %o, %r : tensor<?x8x?x64xf32>, tensor<?x8xf32>
}
