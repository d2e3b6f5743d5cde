// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Neighbourhoods of an image of 4 x 4 points.
// CHECK-LABEL: func @grid(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[4, 4], [near<3>, near<3>]>) :
func.func @grid(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<3>, near<3>]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Three axes, the first causal.
// CHECK-LABEL: func @video(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[2, 4, 2], [all(causal, window<1, 0>), near<3>, full]>) :
func.func @video(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[2, 4, 2], [all(causal, window<1, 0>), near<3>, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Operands inside have an element for each point of the axis.
// CHECK-LABEL: func @operands(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[2, 8], [full, same(%{{.*}} : tensor<8xi32>)]>) :
func.func @operands(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %seg: tensor<8xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[2, 8], [full, same(%seg : tensor<8xi32>)]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// The number of keys is known at run time only, that of points is not.
// CHECK-LABEL: func @dynamic(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[4, 4], [near<3>, full]>) align(bottom_right) :
func.func @dynamic(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<3>, full]>) align(bottom_right) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// The points of a box of 2 x 2 come one after another, box by box.
// CHECK-LABEL: func @boxes(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[4, 4], [near<3>, near<3>], box [2, 2]>) :
func.func @boxes(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<3>, near<3>], box [2, 2]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}
