// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// One list for all, of a mask that reads boundaries.
// CHECK-LABEL: func @shared
// CHECK: attn.block_map mask(all(causal, docs(%{{.*}} : tensor<?xi32>))) shape(%[[N:.*]], %[[N]]) tile(128, 64) : !attn.blocks<128, 64>
func.func @shared(%n: index, %cu: tensor<?xi32>) {
  %m = attn.block_map mask(all(causal, docs(%cu : tensor<?xi32>))) shape(%n, %n) tile(128, 64) : !attn.blocks<128, 64>
  return
}

// Batch elements and heads apart, and both ways to say where queries stand.
// CHECK-LABEL: func @apart
// CHECK: attn.block_map mask(lens(%{{.*}} : tensor<2xi32>)) shape(%{{.*}}, %{{.*}}) tile(8, 8) batch(%{{.*}}) heads(%{{.*}}) align(bottom_right) : !attn.blocks<8, 8>
// CHECK: attn.block_map mask(causal) shape(%{{.*}}, %{{.*}}) tile(8, 8) batch(%{{.*}}) offset(%{{.*}} : tensor<2xi32>) : !attn.blocks<8, 8>
func.func @apart(%m: index, %n: index, %b: index, %h: index, %l: tensor<2xi32>) {
  %0 = attn.block_map mask(lens(%l : tensor<2xi32>)) shape(%m, %n) tile(8, 8) batch(%b) heads(%h) align(bottom_right) : !attn.blocks<8, 8>
  %1 = attn.block_map mask(causal) shape(%m, %n) tile(8, 8) batch(%b) offset(%l : tensor<2xi32>) : !attn.blocks<8, 8>
  return
}

// What intervals leave open is listed, without a look at pairs.
// CHECK-LABEL: func @coarse
// CHECK: attn.block_map mask(grid<[4, 4], [near<3>, near<3>]>) shape(%{{.*}}, %{{.*}}) tile(8, 8) align(top_left) coarse : !attn.blocks<8, 8>
func.func @coarse(%n: index) {
  %m = attn.block_map mask(grid<[4, 4], [near<3>, near<3>]>) shape(%n, %n) tile(8, 8) align(top_left) coarse : !attn.blocks<8, 8>
  return
}
