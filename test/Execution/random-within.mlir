// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=37 --dim=0.2=41 --compare=reference | FileCheck %s

// Three of the keys up to the query, where there are as many.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(random<3, 42, within causal>) align(bottom_right)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
