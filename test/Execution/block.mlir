// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=300 --dim=0.2=1 --compare=reference | FileCheck %s

// Chunks of seven keys, the last one ragged, and blocks off the blocks of rows.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(all(causal, block<7, window<1, 0>>)) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
