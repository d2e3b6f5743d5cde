// RUN: attn-run %s --dim=16 --dim=*.0=2,1.2=21,2.2=21,2.3=12 --compare=reference | FileCheck %s

// Nothing about the shapes is known but heads.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<?x3x?x?xf32>, %k: tensor<?x3x?x?xf32>, %v: tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32> {
  %o = attn.sdpa %q, %k, %v
    mask(causal) align(top_left) scale(0.25)
    : (tensor<?x3x?x?xf32>, tensor<?x3x?x?xf32>, tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>
  return %o : tensor<?x3x?x?xf32>
}
