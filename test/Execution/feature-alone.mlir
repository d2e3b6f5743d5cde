// RUN: attn-run %s --dim=70 --compare=reference | FileCheck %s

// Features that something else reads exist in full, rounded to their type.
// CHECK: result 0: largest error
func.func @features(%x: tensor<2x3x?x24xbf16>) -> tensor<2x3x?x325xbf16> {
  %f = attn.feature_map taylor2 %x : tensor<2x3x?x24xbf16> -> tensor<2x3x?x325xbf16>
  return %f : tensor<2x3x?x325xbf16>
}
