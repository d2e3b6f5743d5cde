// RUN: attn-reduce %s -reduction-tree='traversal-mode=0 test=%S/Inputs/has-softcap.sh' | FileCheck %s

// Only what makes the file interesting is left.
// CHECK-NOT: @boring
// CHECK: softcap(5.000000e+01)
// CHECK-NOT: @boring
module {
  func.func @boring(%q: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
    return %q : tensor<2x?x4xf32>
  }
  func.func @interesting(%q: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
    %o = attn.sdpa %q, %q, %q softcap(50.0) : (tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
    return %o : tensor<2x?x4xf32>
  }
}
