// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Elements of type bf16, grouped heads, with log-sum-exp.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x4x?x16xbf16>, %k: tensor<2x2x?x16xbf16>, %v: tensor<2x2x?x16xbf16>) -> (tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<2x4x?x16xbf16>, tensor<2x2x?x16xbf16>, tensor<2x2x?x16xbf16>) -> (tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>)
  return %o, %lse : tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>
}
