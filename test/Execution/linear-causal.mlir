// RUN: attn-run %s --dim=150 --compare=reference | FileCheck %s

// In order, over several chunks, the last one ragged; the state is a second result.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32>, %v: tensor<4x?x24xf32>, %s: tensor<4x24x24xf32>) -> (tensor<4x?x24xf32>, tensor<4x24x24xf32>) {
  %o, %t = attn.linear %q, %k, %v state(%s : tensor<4x24x24xf32>) causal scale(0.01) : (tensor<4x?x24xf32>, tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> (tensor<4x?x24xf32>, tensor<4x24x24xf32>)
  return %o, %t : tensor<4x?x24xf32>, tensor<4x24x24xf32>
}
