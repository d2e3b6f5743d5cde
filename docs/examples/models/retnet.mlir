// Retention (RetNet, arXiv:2307.08621): the past as a state of 64 x 64 numbers a head, of which each
// head forgets by a factor of its own, 1 - 2^(-5-h), a token. The state that comes out is
// where the next call goes on: a prompt, then one token after the other.
func.func @retention(%q: tensor<?x4x?x64xf32>, %k: tensor<?x4x?x64xf32>,
                     %v: tensor<?x4x?x64xf32>, %state: tensor<?x4x64x64xf32>)
    -> (tensor<?x4x?x64xf32>, tensor<?x4x64x64xf32>) {
  %decay = arith.constant dense<[-0.0317487, -0.0157484, -0.0078432, -0.0039139]> : tensor<4xf32>
  %o, %last = attn.linear %q, %k, %v decay(%decay : tensor<4xf32>)
    state(%state : tensor<?x4x64x64xf32>) causal scale(0.125)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>)
    -> (tensor<?x4x?x64xf32>, tensor<?x4x64x64xf32>)
  return %o, %last : tensor<?x4x?x64xf32>, tensor<?x4x64x64xf32>
}
