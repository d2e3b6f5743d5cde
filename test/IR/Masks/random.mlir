// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Three keys of each row, and of those that another mask keeps; seeds are 64 bits.
// CHECK-LABEL: func @random(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 18446744073709551615, within causal>) :
func.func @random(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(random<3, 7>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(random<3, 18446744073709551615, within causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1 : tensor<2x16x8xf32>, tensor<2x16x8xf32>
}

// Blocks, from masks that read operands; planned, with limits.
// CHECK-LABEL: func @operands(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, random<2, 7, within same(%{{.*}} : tensor<4xi32>)>>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<2, 7, within lens(%{{.*}} : tensor<1xi32>)>(%{{.*}} : tensor<?x?x?xi64>)) :
func.func @operands(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<4xi32>, %l: tensor<1xi32>, %limits: tensor<?x?x?xi64>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(block<4, random<2, 7, within same(%s : tensor<4xi32>)>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(random<2, 7, within lens(%l : tensor<1xi32>)>(%limits : tensor<?x?x?xi64>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1 : tensor<2x16x8xf32>, tensor<2x16x8xf32>
}
