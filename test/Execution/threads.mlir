// RUN: attn-run %s --dim=41 --threads=1 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=41 --threads=5 --compare=reference | FileCheck %s

// The same numbers on any number of threads.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
