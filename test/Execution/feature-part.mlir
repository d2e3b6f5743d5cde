// RUN: attn-run %s --dim=70 --compare=reference | FileCheck %s

// Some of the features of each row, which exist in full before.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x?x24xf32>, %v: tensor<2x?x40xf32>) -> tensor<2x?x40xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<2x?x24xf32>
  %f = attn.feature_map hedgehog %q : tensor<2x?x24xf32> -> tensor<2x?x48xf32>
  %s = tensor.extract_slice %f[0, 0, 12] [2, %n, 24] [1, 1, 1] : tensor<2x?x48xf32> to tensor<2x?x24xf32>
  %o = attn.linear %s, %s, %v causal normalize eps(0.0) : (tensor<2x?x24xf32>, tensor<2x?x24xf32>, tensor<2x?x40xf32>) -> tensor<2x?x40xf32>
  return %o : tensor<2x?x40xf32>
}
