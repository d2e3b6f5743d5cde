// RUN: attn-run %s --dim=70 --compare=reference | FileCheck %s

// Exponentials of elements.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x24xbf16>, %k: tensor<2x3x?x24xbf16>, %v: tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16> {
  %fq = attn.feature_map exp %q : tensor<2x3x?x24xbf16>
  %fk = attn.feature_map exp %k : tensor<2x3x?x24xbf16>
  %o = attn.linear %fq, %fk, %v causal normalize : (tensor<2x3x?x24xbf16>, tensor<2x3x?x24xbf16>, tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16>
  return %o : tensor<2x3x?x40xbf16>
}
