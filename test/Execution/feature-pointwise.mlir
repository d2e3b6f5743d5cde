// RUN: attn-run %s --dim=70 --compare=reference | FileCheck %s

// A program of one's own.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x24xbf16>, %k: tensor<2x3x?x24xbf16>, %v: tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16> {
  %fq = attn.feature_map pointwise %q : tensor<2x3x?x24xbf16> {
  ^bb0(%e: f32):
    %one = arith.constant 1.0 : f32
    %s = arith.mulf %e, %e : f32
    %y = arith.addf %s, %one : f32
    attn.yield %y : f32
  }
  %fk = attn.feature_map pointwise %k : tensor<2x3x?x24xbf16> {
  ^bb0(%e: f32):
    %one = arith.constant 1.0 : f32
    %s = arith.mulf %e, %e : f32
    %y = arith.addf %s, %one : f32
    attn.yield %y : f32
  }
  %o = attn.linear %fq, %fk, %v causal normalize eps(0.0) : (tensor<2x3x?x24xbf16>, tensor<2x3x?x24xbf16>, tensor<2x3x?x40xbf16>) -> tensor<2x3x?x40xbf16>
  return %o : tensor<2x3x?x40xbf16>
}
