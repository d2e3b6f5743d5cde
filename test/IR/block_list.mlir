// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Lists that all heads share, and lists of each head.
// CHECK-LABEL: func @lists
// CHECK: attn.block_list %{{.*}}, %{{.*}} : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<128, 64>
// CHECK: attn.block_list %{{.*}}, %{{.*}} : tensor<2x4x9xi32>, tensor<7xi32> -> !attn.blocks<1, 1>
func.func @lists(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>, %s: tensor<2x4x9xi32>, %d: tensor<7xi32>) {
  %a = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<128, 64>
  %b = attn.block_list %s, %d : tensor<2x4x9xi32>, tensor<7xi32> -> !attn.blocks<1, 1>
  return
}
