// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @tensors
// CHECK: %{{.*}}, %{{.*}} = attn.block_tensors %{{.*}} : !attn.blocks<64, 64> -> tensor<?x?x?xi32>, tensor<?xi32>
func.func @tensors(%n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %m = attn.block_map mask(causal) shape(%n, %n) tile(64, 64) : !attn.blocks<64, 64>
  %r, %c = attn.block_tensors %m : !attn.blocks<64, 64> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}
