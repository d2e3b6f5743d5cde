// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// Every third key, before the query and behind it.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(stride<3>) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
