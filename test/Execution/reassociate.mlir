// RUN: attn-run %s --compare=reference | FileCheck %s

// The same up to rounding, by the oracle's order of products.
// CHECK: result 0: largest error
func.func @chain(%q: tensor<2x96x8xf32>, %k: tensor<2x8x160xf32>, %v: tensor<2x160x24xf32>) -> tensor<2x96x24xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<2x96x160xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<2x96x160xf32>) -> tensor<2x96x160xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<2x96x8xf32>, tensor<2x8x160xf32>) outs(%b : tensor<2x96x160xf32>) -> tensor<2x96x160xf32>
  %c = tensor.empty() : tensor<2x96x24xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<2x96x24xf32>) -> tensor<2x96x24xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<2x96x160xf32>, tensor<2x160x24xf32>) outs(%d : tensor<2x96x24xf32>) -> tensor<2x96x24xf32>
  return %o : tensor<2x96x24xf32>
}
