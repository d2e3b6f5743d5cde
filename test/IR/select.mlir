// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Scores of blocks; what is not said is not printed.
// CHECK-LABEL: func @plain
// CHECK: attn.select %{{.*}} shape(%[[M:.*]], %[[N:.*]]) k(8) : tensor<4x?x?xf32> -> !attn.blocks<128, 64>
func.func @plain(%s: tensor<4x?x?xf32>, %m: index, %n: index) {
  %0 = attn.select %s shape(%m, %n) k(8) : tensor<4x?x?xf32> -> !attn.blocks<128, 64>
  return
}

// Scores of compressed keys, by groups of heads, among the blocks that a mask leaves.
// CHECK-LABEL: func @sparse
// CHECK: %[[PAST:.*]] = attn.block_map
// CHECK: attn.select %{{.*}} shape(%{{.*}}, %{{.*}}) k(16) initial(1) local(2) length(32) stride(16) among(%[[PAST]] : !attn.blocks<1, 64, 4>) : tensor<?x32x?x?xbf16> -> !attn.blocks<1, 64, 4>
func.func @sparse(%s: tensor<?x32x?x?xbf16>, %n: index) {
  %past = attn.block_map mask(causal) shape(%n, %n) tile(1, 64) : !attn.blocks<1, 64, 4>
  %0 = attn.select %s shape(%n, %n) k(16) initial(1) local(2) length(32) stride(16)
    among(%past : !attn.blocks<1, 64, 4>) : tensor<?x32x?x?xbf16> -> !attn.blocks<1, 64, 4>
  return
}

// Each of the clauses without the others, and extents that say how many scores there are.
// CHECK-LABEL: func @clauses
// CHECK: k(2) local(2) : tensor<2x3x5xf16>
// CHECK: k(2) initial(2) : tensor<2x3x5xf16>
// CHECK: k(2) : tensor<2x3x5xf16> -> !attn.blocks<8, 4, 2>
// CHECK: k(1) length(8) stride(4) : tensor<2x3x?xf32>
func.func @clauses(%s: tensor<2x3x5xf16>, %c: tensor<2x3x?xf32>, %n: index) {
  %m = arith.constant 17 : index
  %0 = attn.select %s shape(%m, %m) k(2) local(2) : tensor<2x3x5xf16> -> !attn.blocks<8, 4>
  %1 = attn.select %s shape(%m, %m) k(2) initial(2) : tensor<2x3x5xf16> -> !attn.blocks<8, 4>
  %2 = attn.select %s shape(%m, %m) k(2) : tensor<2x3x5xf16> -> !attn.blocks<8, 4, 2>
  %3 = attn.select %c shape(%m, %n) k(1) length(8) stride(4) : tensor<2x3x?xf32> -> !attn.blocks<8, 4>
  return
}
