// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Every third key, counted back from the query.
// CHECK-LABEL: func @stride(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(stride<3>) :
func.func @stride(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(stride<3>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// A dilated window; M and N are known at run time only.
// CHECK-LABEL: func @dilated(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(window<6, 6>, stride<2>)) align(bottom_right) :
func.func @dilated(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(window<6, 6>, stride<2>)) align(bottom_right) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
