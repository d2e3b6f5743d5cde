// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @cells
// CHECK-SAME: %[[COLUMNS:.*]]: index, %[[M:.*]]: index
// CHECK: attn.cell_rows columns(%[[COLUMNS]]) rows(%[[M]]) most(512) least(64)
func.func @cells(%columns: index, %m: index) -> index {
  %rows = attn.cell_rows columns(%columns) rows(%m) most(512) least(64)
  return %rows : index
}
