// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s

// Means of blocks that overlap, in three types, and of blocks with rows between them.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
func.func @means(%x: tensor<2x3x?x8xf32>, %y: tensor<3x?x8xbf16>, %z: tensor<3x?x?xf64>)
    -> (tensor<2x3x?x8xf32>, tensor<3x?x8xbf16>, tensor<3x?x?xf64>) {
  %0 = attn.compress %x length(8) stride(4) : tensor<2x3x?x8xf32> -> tensor<2x3x?x8xf32>
  %1 = attn.compress %y length(5) stride(7) : tensor<3x?x8xbf16> -> tensor<3x?x8xbf16>
  %2 = attn.compress %z length(3) stride(1) : tensor<3x?x?xf64> -> tensor<3x?x?xf64>
  return %0, %1, %2 : tensor<2x3x?x8xf32>, tensor<3x?x8xbf16>, tensor<3x?x?xf64>
}
