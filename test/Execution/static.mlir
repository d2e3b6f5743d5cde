// RUN: attn-run %s  --compare=reference | FileCheck %s

// All extents static, one row short of a panel.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x31x8xf32>, %k: tensor<2x3x33x8xf32>, %v: tensor<2x3x33x8xf32>) -> tensor<2x3x31x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(bottom_right)
    : (tensor<2x3x31x8xf32>, tensor<2x3x33x8xf32>, tensor<2x3x33x8xf32>) -> tensor<2x3x31x8xf32>
  return %o : tensor<2x3x31x8xf32>
}
