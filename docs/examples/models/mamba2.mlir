// The state space of Mamba-2 (SSD, arXiv:2405.21060): C and B, which all heads share, are query and
// key, value is each input times its step, decay the step times A. The state, 128 x 64 numbers a
// head, comes out too: the next call goes on from it.
func.func @mamba2(%c: tensor<?x4x?x128xf32>, %b: tensor<?x4x?x128xf32>, %x: tensor<?x4x?x64xf32>,
                  %a: tensor<?x4x?xf32>, %state: tensor<?x4x128x64xf32>)
    -> (tensor<?x4x?x64xf32>, tensor<?x4x128x64xf32>) {
  %y, %last = attn.linear %c, %b, %x decay(%a : tensor<?x4x?xf32>)
    state(%state : tensor<?x4x128x64xf32>) causal
    : (tensor<?x4x?x128xf32>, tensor<?x4x?x128xf32>, tensor<?x4x?x64xf32>)
    -> (tensor<?x4x?x64xf32>, tensor<?x4x128x64xf32>)
  return %y, %last : tensor<?x4x?x64xf32>, tensor<?x4x128x64xf32>
}
