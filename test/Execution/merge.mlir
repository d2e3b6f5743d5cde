// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Two pieces of keys merge into attention over both.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %k2: tensor<2x3x?x8xf32>, %v2: tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %a, %la = attn.sdpa %q, %k, %v
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  %b, %lb = attn.sdpa %q, %k2, %v2 mask(causal) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  %o, %lse = attn.merge (%a, %la), (%b, %lb) : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
