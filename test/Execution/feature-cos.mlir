// RUN: attn-run %s --dim=70 --compare=reference | FileCheck %s

// Features that turn with the position; the second batch element stands further on.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x24xbf16>, %k: tensor<2x3x?x24xbf16>, %v: tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16> {
  %l = arith.constant 4096 : index
  %p = arith.constant dense<[0, 100]> : tensor<2xi32>
  %fq = attn.feature_map cos %q length(%l) offset(%p : tensor<2xi32>) : tensor<2x3x?x24xbf16> -> tensor<2x3x?x48xbf16>
  %fk = attn.feature_map cos %k length(%l) offset(%p : tensor<2xi32>) : tensor<2x3x?x24xbf16> -> tensor<2x3x?x48xbf16>
  %o = attn.linear %fq, %fk, %v causal normalize : (tensor<2x3x?x48xbf16>, tensor<2x3x?x48xbf16>, tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16>
  return %o : tensor<2x3x?x40xbf16>
}
