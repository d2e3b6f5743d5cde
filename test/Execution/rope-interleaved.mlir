// RUN: attn-run %s --dim=21 --compare=reference | FileCheck %s

// Rotation in the layout of GPT-J, of the first six of eight numbers.
// CHECK: result 0: largest error
func.func @rope(%x: tensor<2x3x?x8xf32>, %cos: tensor<?x3xf32>, %sin: tensor<?x3xf32>) -> tensor<2x3x?x8xf32> {
  %y = attn.rope %x, %cos, %sin layout(interleaved) : tensor<2x3x?x8xf32>, tensor<?x3xf32>, tensor<?x3xf32>
  return %y : tensor<2x3x?x8xf32>
}
