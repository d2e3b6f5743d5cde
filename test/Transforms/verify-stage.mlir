// RUN: attn-opt %s --attn-verify-stage=stage=source
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 --attn-select-schedule --attn-verify-stage=stage=planned
// RUN: attn-opt %s --attn-plan=target=x86-64-v3 --attn-tile --attn-verify-stage=stage=tiled

func.func @attention(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
