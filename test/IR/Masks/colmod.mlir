// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// The last two of every eight keys.
// CHECK-LABEL: func @colmod(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(colmod<8, 2>) :
func.func @colmod(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(colmod<8, 2>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// The fixed pattern of the Sparse Transformer.
// CHECK-LABEL: func @fixed(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(causal, any(block<4, window<0, 0>>, colmod<4, 1>))) :
func.func @fixed(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, any(block<4, window<0, 0>>, colmod<4, 1>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}
