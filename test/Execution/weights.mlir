// RUN: attn-run %s --dim=21 --compare=reference | FileCheck %s

// The weights themselves.
// CHECK: result 0: largest error
func.func @weights(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>) -> tensor<2x4x?x?xf32> {
  %p = attn.weights %q, %k mask(causal) align(top_left) : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x?xf32>
  return %p : tensor<2x4x?x?xf32>
}
