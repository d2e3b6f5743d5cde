// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @cells
// CHECK-SAME: %[[STATES:.*]]: index
// CHECK: attn.cell_columns states(%[[STATES]]) width(128) least(32) shared(46)
func.func @cells(%states: index) -> index {
  %columns = attn.cell_columns states(%states) width(128) least(32) shared(46)
  return %columns : index
}
