// RUN: attn-run %s --dim=57 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=3 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --dim=1.2=129 --dim=2.1=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=57 --compare=reference --attn-fp=strict | FileCheck %s

// Products of tensors of any length: long ones are linear attention, short ones are not.
// CHECK: result 0: largest error
func.func @products(%q: tensor<2x?x8xf32>, %k: tensor<2x8x?xf32>, %v: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %q, %one : tensor<2x?x8xf32>
  %n = tensor.dim %k, %two : tensor<2x8x?xf32>
  %a = tensor.empty(%m, %n) : tensor<2x?x?xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<2x?x8xf32>, tensor<2x8x?xf32>) outs(%b : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  %c = tensor.empty(%m) : tensor<2x?x8xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<2x?x?xf32>, tensor<2x?x8xf32>) outs(%d : tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
