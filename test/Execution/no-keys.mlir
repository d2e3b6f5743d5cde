// RUN: attn-run %s --dim=0.2=5,1.2=0,2.2=0 --compare=reference | FileCheck %s

// No keys at all: zeros and minus infinity.
// CHECK: result 0: largest error 0,
// CHECK: result 1: largest error 0,
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> (tensor<2x3x?x8xf32>, tensor<2x3x?xf32>)
  return %o, %lse : tensor<2x3x?x8xf32>, tensor<2x3x?xf32>
}
