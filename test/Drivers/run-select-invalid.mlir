// RUN: not attn-run %s --dim=41 --dim=0.0=4 --dim=0.1=7 --values=2=0 --values=3=0 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not attn-run %s --dim=41 --dim=0.0=4 --dim=0.1=6 --dim=0.2=12 --values=2=0 --values=3=0 2>&1 | FileCheck %s --check-prefix=COLUMNS
// RUN: not attn-run %s --dim=41 --dim=0.0=3 --dim=0.1=6 --dim=0.2=11 --values=2=0 --values=3=0 2>&1 | FileCheck %s --check-prefix=HEADS
// RUN: not attn-run %s --dim=41 --dim=0.0=2 --dim=0.1=6 --dim=0.2=11 --dim=2.2=8 --dim=3.0=7 --values=2=0,1,2,3,4,5,6,7 --values=3=1,0,0,0,0,0,0 2>&1 | FileCheck %s --check-prefix=CANDIDATES

// What the types of a selection leave open is checked before anything is chosen, down to
// the candidates.
// ROWS: error: scores have 7 rows of blocks, expected 6 for the queries of the selection
// COLUMNS: error: scores have 12 blocks of keys, expected 11 for the keys of the selection
// HEADS: error: scores have 3 heads, expected a multiple of the group of 2
// CANDIDATES: error: mask blocks has a row_ptr of 8 elements a head, expected 7
func.func @choose(%s: tensor<?x?x?xf32>, %x: tensor<?xf32>, %row_ptr: tensor<1x1x?xi32>, %c: tensor<?xi32>) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %given = attn.block_list %row_ptr, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<7, 4, 2>
  %list = attn.select %s shape(%n, %n) k(3) among(%given : !attn.blocks<7, 4, 2>) : tensor<?x?x?xf32> -> !attn.blocks<7, 4, 2>
  %0, %1 = attn.block_tensors %list : !attn.blocks<7, 4, 2> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %0, %1 : tensor<?x?x?xi32>, tensor<?xi32>
}
