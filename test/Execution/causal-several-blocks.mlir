// RUN: attn-run %s --dim=1100 --threads=2 --compare=reference | FileCheck %s

// More than one block of queries and of keys; only half of them are visited.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<1x?x8xf32>, %k: tensor<1x?x8xf32>, %v: tensor<1x?x8xf32>) -> tensor<1x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(top_left)
    : (tensor<1x?x8xf32>, tensor<1x?x8xf32>, tensor<1x?x8xf32>) -> tensor<1x?x8xf32>
  return %o : tensor<1x?x8xf32>
}
