// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=300 --dim=0.2=1 --compare=reference | FileCheck %s

// A mask for each of three heads.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(per_head[causal, any(window<3, 0>, cols<2>), full]) align(bottom_right)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
