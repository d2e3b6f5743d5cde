// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Elements of type f64, grouped heads, with log-sum-exp.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x4x?x16xf64>, %k: tensor<2x2x?x16xf64>, %v: tensor<2x2x?x16xf64>) -> (tensor<2x4x?x16xf64>, tensor<2x4x?xf64>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<2x4x?x16xf64>, tensor<2x2x?x16xf64>, tensor<2x2x?x16xf64>) -> (tensor<2x4x?x16xf64>, tensor<2x4x?xf64>)
  return %o, %lse : tensor<2x4x?x16xf64>, tensor<2x4x?xf64>
}
