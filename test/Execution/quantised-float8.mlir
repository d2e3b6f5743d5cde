// RUN: attn-run %s --dim=157 --dim=0.1=70 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=157 --dim=0.1=1 --compare=reference | FileCheck %s

// Keys and values of f8E4M3FN, without a batch; queries of bf16.
// CHECK: input 1 2x157x16xf8E4M3FN (seed 0)
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x?x16xbf16>, %k: tensor<2x?x16xf8E4M3FN>, %v: tensor<2x?x16xf8E4M3FN>, %ks: tensor<2x?xf32>, %vs: tensor<2x?xf32>) -> tensor<4x?x16xbf16> {
  %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<2x?xf32>) value_scale(%vs : tensor<2x?xf32>)
    : (tensor<4x?x16xbf16>, tensor<2x?x16xf8E4M3FN>, tensor<2x?x16xf8E4M3FN>) -> tensor<4x?x16xbf16>
  return %o : tensor<4x?x16xbf16>
}
