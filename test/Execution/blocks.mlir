// RUN: attn-run %s --dim=41 --values=3=0,2,3,3,3,4,4,8 --values=4=0,5,2,1,2,3,4,5,0 --compare=reference | FileCheck %s
// RUN: not attn-run %s --dim=41 2>&1 | FileCheck %s --check-prefix=RANDOM
// RUN: not attn-run %s --dim=41 --values=3=0,2,3,3,3,4,4,8 --values=4=0,5,2,1,2,3,9,5,0 2>&1 | FileCheck %s --check-prefix=INVALID

// Blocks of 16 by 7, a list of each of two heads, beside a causal mask. Lists are not
// made up, and bad ones are refused.
// CHECK: result 0: largest error
// RANDOM: error: input 3 of type 1x2x4xi32 holds integers whose meaning is not known, expected --values=3=X,X,… or --input
// INVALID: error: {{.*}}mask blocks lists block column 9, expected at most 5
func.func @attention(%q: tensor<2x2x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>, %r: tensor<1x2x4xi32>, %c: tensor<9xi32>) -> tensor<2x2x?x8xf32> {
  %m = attn.block_list %r, %c : tensor<1x2x4xi32>, tensor<9xi32> -> !attn.blocks<16, 7>
  %o = attn.sdpa %q, %k, %v mask(all(blocks(%m : !attn.blocks<16, 7>), causal)) align(bottom_right)
    : (tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x2x?x8xf32>
  return %o : tensor<2x2x?x8xf32>
}
