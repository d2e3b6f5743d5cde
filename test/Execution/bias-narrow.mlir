// RUN: attn-run %s --dim=41 --dim=0.2=37,3.2=37 --compare=reference | FileCheck %s

// A bias in the type of the query.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xbf16>, %k: tensor<2x3x?x8xbf16>, %v: tensor<2x3x?x8xbf16>, %b: tensor<2x1x?x?xbf16>) -> tensor<2x3x?x8xbf16> {
  %o = attn.sdpa %q, %k, %v
    bias(%b : tensor<2x1x?x?xbf16>)
    : (tensor<2x3x?x8xbf16>, tensor<2x3x?x8xbf16>, tensor<2x3x?x8xbf16>) -> tensor<2x3x?x8xbf16>
  return %o : tensor<2x3x?x8xbf16>
}
