// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=300 --dim=0.2=1 --compare=reference | FileCheck %s

// Seven keys of each row, in every head others.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %v: tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(random<7, 42>)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}
