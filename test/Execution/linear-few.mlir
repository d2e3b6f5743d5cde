// RUN: attn-run %s --dim=5 --compare=reference | FileCheck %s

// So few tokens that they go one by one.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32>, %v: tensor<4x?x24xf32>, %g: tensor<4x?xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x24xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<4x?xf32>) beta(%b : tensor<4x?xf32>) causal delta scale(0.1) : (tensor<4x?x24xf32>, tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> tensor<4x?x24xf32>
  return %o : tensor<4x?x24xf32>
}
