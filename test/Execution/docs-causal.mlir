// RUN: attn-run %s --dim=41,3.0=3 --values=3=0,9,31 --compare=reference | FileCheck %s

// Causal within documents; rows behind the last see nothing.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %cu: tensor<?xi32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    mask(all(causal, docs(%cu : tensor<?xi32>))) align(top_left)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
