// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s

// Means of segments, in three types; mixtures by matrices with more columns than rows.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
// CHECK: result 3: largest error
func.func @rows(%x: tensor<2x3x?x8xf32>, %y: tensor<3x?x8xbf16>, %z: tensor<3x?x?xf64>, %e: tensor<6x5x50xf32>)
    -> (tensor<2x3x7x8xf32>, tensor<3x41x8xbf16>, tensor<3x1x?xf64>, tensor<2x6x5x8xf32>) {
  %0 = attn.compress %x segment_mean(7) : tensor<2x3x?x8xf32> -> tensor<2x3x7x8xf32>
  %1 = attn.compress %y segment_mean(41) : tensor<3x?x8xbf16> -> tensor<3x41x8xbf16>
  %2 = attn.compress %z segment_mean(1) : tensor<3x?x?xf64> -> tensor<3x1x?xf64>
  %3 = attn.compress %x matrix(%e : tensor<6x5x50xf32>) : tensor<2x3x?x8xf32> -> tensor<2x6x5x8xf32>
  return %0, %1, %2, %3 : tensor<2x3x7x8xf32>, tensor<3x41x8xbf16>, tensor<3x1x?xf64>, tensor<2x6x5x8xf32>
}
