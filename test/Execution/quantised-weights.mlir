// RUN: attn-run %s --dim=21 --compare=reference | FileCheck %s

// The weights of quantised keys.
// CHECK: result 0: largest error
func.func @weights(%q: tensor<2x4x?x8xf16>, %k: tensor<2x2x?x8xf8E4M3FN>, %s: tensor<2x2x?xf32>) -> tensor<2x4x?x?xf16> {
  %p = attn.weights %q, %k mask(causal) align(top_left) key_scale(%s : tensor<2x2x?xf32>) : (tensor<2x4x?x8xf16>, tensor<2x2x?x8xf8E4M3FN>) -> tensor<2x4x?x?xf16>
  return %p : tensor<2x4x?x?xf16>
}
