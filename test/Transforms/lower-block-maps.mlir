// RUN: attn-opt %s --attn-lower-block-maps --cse --canonicalize | FileCheck %s

// A grid counts the blocks of each row, a loop adds the counts up, and a second grid
// writes the columns, each row to its own part of them. Only the blocks between the
// ends of the mask's interval are gone through.
// CHECK-LABEL: func @causal
// CHECK-SAME: %[[M:[a-z0-9]+]]: index, %[[N:[a-z0-9]+]]: index
// CHECK: %[[EMPTY:.*]] = tensor.empty(%{{.*}}) : tensor<1x1x?xi32>
// CHECK: %[[COUNTS:.*]] = scf.forall (%[[T:.*]]) in (%{{.*}}) shared_outs(%[[OUT:.*]] = %[[EMPTY]])
// CHECK:   %[[COUNT:.*]] = scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%{{.*}} = %{{.*}}) -> (index)
// CHECK:   tensor.parallel_insert_slice %{{.*}} into %[[OUT]][0, 0, %{{.*}}] [1, 1, 1] [1, 1, 1]
// CHECK: %[[SUMS:.*]]:2 = scf.for {{.*}} iter_args(
// CHECK: %[[LAST:.*]] = tensor.extract %[[SUMS]]#0[
// CHECK: %[[NUMBER:.*]] = arith.index_cast %[[LAST]]
// CHECK: %[[COLUMNS:.*]] = tensor.empty(%[[NUMBER]]) : tensor<?xi32>
// CHECK: %[[FILLED:.*]] = scf.forall {{.*}} shared_outs(%[[COLS:.*]] = %[[COLUMNS]])
// CHECK:   tensor.parallel_insert_slice %{{.*}} into %[[COLS]][%{{.*}}] [%{{.*}}] [1]
// CHECK: %[[LIST:.*]] = attn.block_list %{{.*}}, %[[FILLED]] : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<8, 4>
// CHECK: attn.block_tensors %[[LIST]]
func.func @causal(%m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %map = attn.block_map mask(causal) shape(%m, %n) tile(8, 4) align(bottom_right) : !attn.blocks<8, 4>
  %r, %c = attn.block_tensors %map : !attn.blocks<8, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}

// A mask that is decided by its intervals is never looked at pair by pair; one that is
// not is, up to the first pair.
// CHECK-LABEL: func @decided
// CHECK-NOT: scf.while
// CHECK-LABEL: func @open
// CHECK: scf.while
func.func @decided(%m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %map = attn.block_map mask(cols<20>) shape(%m, %n) tile(8, 4) : !attn.blocks<8, 4>
  %r, %c = attn.block_tensors %map : !attn.blocks<8, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}
func.func @open(%m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %map = attn.block_map mask(all(causal, not(rows<3>))) shape(%m, %n) tile(8, 4) align(top_left) : !attn.blocks<8, 4>
  %r, %c = attn.block_tensors %map : !attn.blocks<8, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}

// Batch elements and heads that the mask tells apart have lists of their own.
// CHECK-LABEL: func @apart
// CHECK: tensor.empty(%{{.*}}) : tensor<?x2x?xi32>
// CHECK: attn.block_list %{{.*}}, %{{.*}} : tensor<?x2x?xi32>, tensor<?xi32>
func.func @apart(%n: index, %b: index, %l: tensor<?xi32>) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %h = arith.constant 2 : index
  %map = attn.block_map mask(lens(%l : tensor<?xi32>)) shape(%n, %n) tile(8, 4) batch(%b) heads(%h) : !attn.blocks<8, 4>
  %r, %c = attn.block_tensors %map : !attn.blocks<8, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}

// A coarse map lists what intervals leave open, and looks at no pair.
// CHECK-LABEL: func @coarse
// CHECK-NOT: scf.while
// CHECK: attn.block_list
func.func @coarse(%m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %map = attn.block_map mask(all(causal, not(rows<3>))) shape(%m, %n) tile(8, 4) align(top_left) coarse : !attn.blocks<8, 4>
  %r, %c = attn.block_tensors %map : !attn.blocks<8, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}
