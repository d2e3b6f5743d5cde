// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// BigBird: neighbouring blocks, the first one, and three random ones besides.
// CHECK-LABEL: func @bigbird(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<2, plus_random<3, 7, any(window<1, 1>, cols<1>, rows<1>)>>) :
func.func @bigbird(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<2, plus_random<3, 7, any(window<1, 1>, cols<1>, rows<1>)>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// From the past only; planned, with limits.
// CHECK-LABEL: func @within(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(plus_random<3, 7, window<1, 0>, within causal>(%{{.*}} : tensor<?x?x?xi64>)) align(top_left) :
func.func @within(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>, %limits: tensor<?x?x?xi64>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, window<1, 0>, within causal>(%limits : tensor<?x?x?xi64>)) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
