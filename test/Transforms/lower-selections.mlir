// RUN: attn-opt %s --attn-lower-selections --cse --canonicalize | FileCheck %s

// A grid ranks the blocks of each row, and writes what is chosen to room for k blocks; a
// loop adds the numbers of blocks up; a second grid moves the rows together. A choice is no
// sort: where more than k have a score, the least rank that is chosen is found bit by bit.
// CHECK-LABEL: func @plain
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<4x?x?xf32>
// CHECK-DAG: %[[NEVER:.*]] = arith.constant -2147483648 : i32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[BITS:.*]] = arith.constant 32 : index
// CHECK: %[[COUNTS:.*]] = tensor.empty(%{{.*}}) : tensor<1x4x?xi32>
// CHECK: %[[ROOM:.*]] = tensor.empty(%{{.*}}) : tensor<1x4x?x?xi32>
// CHECK: %[[CHOSEN:.*]]:2 = scf.forall (%[[H:.*]], %[[T:.*]]) in (4, %{{.*}}) shared_outs(%[[OUT:.*]] = %[[ROOM]], %{{.*}} = %[[COUNTS]])
// CHECK:   %[[RANKS:.*]] = scf.for %[[C:.*]] = %{{.*}} to %{{.*}} step
// CHECK:     tensor.extract %[[S]][%{{.*}}, %[[T]], %[[C]]] : tensor<4x?x?xf32>
// CHECK:     arith.bitcast %{{.*}} : f32 to i32
// CHECK:   %[[AVAILABLE:.*]] = scf.for {{.*}} -> (i32)
// CHECK:   %[[OVER:.*]] = arith.cmpi sgt, %[[AVAILABLE]], %{{.*}} : i32
// CHECK:   %[[LEAST:.*]] = scf.if %[[OVER]] -> (i32)
// CHECK:     scf.for %{{.*}} = %[[ZERO]] to %[[BITS]] step
// CHECK:   } else {
// CHECK:     scf.yield %[[NEVER]] : i32
// CHECK:   tensor.parallel_insert_slice %{{.*}} into %[[OUT]][0, %[[H]], %[[T]], 0] [1, 1, 1, %{{.*}}] [1, 1, 1, 1]
// CHECK: %[[SUMS:.*]]:2 = scf.for
// CHECK: scf.forall {{.*}} shared_outs(%[[COLS:.*]] = %{{.*}}) -> (tensor<?xi32>)
// CHECK:   %[[ROW:.*]] = tensor.extract_slice %[[CHOSEN]]#0
// CHECK:   tensor.parallel_insert_slice %[[ROW]] into %[[COLS]][%{{.*}}] [%{{.*}}] [1]
// CHECK: attn.block_list %[[SUMS]]#0, %{{.*}} : tensor<1x4x?xi32>, tensor<?xi32>
func.func @plain(%s: tensor<4x?x?xf32>, %m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %list = attn.select %s shape(%m, %n) k(8) : tensor<4x?x?xf32> -> !attn.blocks<16, 64>
  %r, %c = attn.block_tensors %list : !attn.blocks<16, 64> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}

// A grid over groups adds the scores of their heads up, and lists are theirs. Scores of compressed keys count by the cells that a block shares with them.
// CHECK-LABEL: func @groups
// CHECK: scf.forall {{.*}} in (%{{.*}}, 2, %{{.*}})
// CHECK:   scf.for {{.*}} -> (f32)
// CHECK:     scf.for {{.*}} -> (f32)
// CHECK:       %[[WIDE:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:       arith.mulf %[[WIDE]], %{{.*}} : f32
// CHECK: attn.block_list %{{.*}}, %{{.*}} : tensor<?x2x?xi32>, tensor<?xi32> -> !attn.blocks<1, 64, 4>
func.func @groups(%s: tensor<?x8x?x?xbf16>, %m: index, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %list = attn.select %s shape(%m, %n) k(8) length(32) stride(16) : tensor<?x8x?x?xbf16> -> !attn.blocks<1, 64, 4>
  %r, %c = attn.block_tensors %list : !attn.blocks<1, 64, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}

// Candidates are read from their list, and all others keep the rank of what is never chosen.
// CHECK-LABEL: func @among
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<2x4x?x?xf32>
// CHECK-DAG: %[[NEVER:.*]] = arith.constant -2147483648 : i32
// CHECK: %[[PAST:.*]] = attn.block_map
// CHECK: %[[PTR:.*]], %[[COL:.*]] = attn.block_tensors %[[PAST]]
// CHECK: scf.forall
// CHECK:   %[[LO:.*]] = tensor.extract %[[PTR]]
// CHECK:   %[[HI:.*]] = tensor.extract %[[PTR]]
// CHECK:   %[[EMPTY:.*]] = linalg.fill ins(%[[NEVER]] : i32)
// CHECK:   scf.for %[[E:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%{{.*}} = %[[EMPTY]])
// CHECK:     tensor.extract %[[COL]][%[[E]]]
// CHECK: attn.block_list %{{.*}}, %{{.*}} : tensor<2x1x?xi32>, tensor<?xi32>
func.func @among(%s: tensor<2x4x?x?xf32>, %n: index) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %past = attn.block_map mask(causal) shape(%n, %n) tile(16, 64) : !attn.blocks<16, 64, 4>
  %list = attn.select %s shape(%n, %n) k(8) initial(1) local(2) among(%past : !attn.blocks<16, 64, 4>)
    : tensor<2x4x?x?xf32> -> !attn.blocks<16, 64, 4>
  %r, %c = attn.block_tensors %list : !attn.blocks<16, 64, 4> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %r, %c : tensor<?x?x?xi32>, tensor<?xi32>
}
