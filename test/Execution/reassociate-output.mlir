// RUN: attn-run %s --compare=reference | FileCheck %s
// RUN: attn-run %s --compare=reference --attn-fp=strict | FileCheck %s

// A product of the output, or of the values, in linalg: the same up to rounding.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x97x8xf32>, %k: tensor<4x13x8xf32>, %v: tensor<4x13x24xf32>, %w: tensor<4x24x8xf32>) -> tensor<4x97x8xf32> {
  %zero = arith.constant 0.0 : f32
  %o = attn.sdpa %q, %k, %v : (tensor<4x97x8xf32>, tensor<4x13x8xf32>, tensor<4x13x24xf32>) -> tensor<4x97x24xf32>
  %a = tensor.empty() : tensor<4x97x8xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<4x97x8xf32>) -> tensor<4x97x8xf32>
  %p = linalg.batch_matmul ins(%o, %w : tensor<4x97x24xf32>, tensor<4x24x8xf32>) outs(%b : tensor<4x97x8xf32>) -> tensor<4x97x8xf32>
  return %p : tensor<4x97x8xf32>
}
