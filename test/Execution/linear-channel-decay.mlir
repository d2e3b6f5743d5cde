// RUN: attn-run %s --dim=150 --compare=reference | FileCheck %s

// A number for each token and channel.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32>, %v: tensor<4x?x24xf32>, %g: tensor<4x?x24xf32>) -> tensor<4x?x24xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<4x?x24xf32>) causal : (tensor<4x?x24xf32>, tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> tensor<4x?x24xf32>
  return %o : tensor<4x?x24xf32>
}
