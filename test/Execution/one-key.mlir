// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s

// A single key: the result is its value.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x1x8xf32>, %v: tensor<2x3x1x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<2x3x?x8xf32>, tensor<2x3x1x8xf32>, tensor<2x3x1x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
