// RUN: attn-run %s --dim=41 --dim=0.2=37 --values=3=80,92,37,15,95,42,92,91,64,54,64,85,24,38,36,75,63,64,50,75,4,61,31,95,51,53,85,22,46,70,89,99,86,94,47,11,56,84,65,13,99 --compare=reference | FileCheck %s

// Tokens in another order.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %rank: tensor<?xi32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(order(%rank : tensor<?xi32>))
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
