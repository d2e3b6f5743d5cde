// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Code alone, without arrays.
// CHECK-LABEL: attn.predicate @odd(
// CHECK-SAME: %[[B:.*]]: index, %[[H:.*]]: index, %[[I:.*]]: index, %[[J:.*]]: index) {
// CHECK: arith.subi %[[I]], %[[J]] : index
// CHECK: attn.yield %{{.*}} : i1
attn.predicate @odd(%b: index, %h: index, %i: index, %j: index) {
  %c2 = arith.constant 2 : index
  %c1 = arith.constant 1 : index
  %distance = arith.subi %i, %j : index
  %rest = arith.remsi %distance, %c2 : index
  %odd = arith.cmpi eq, %rest, %c1 : index
  attn.yield %odd : i1
}

// Arrays of any rank and type, read at what was read, and their extents.
// CHECK-LABEL: attn.predicate @table(
// CHECK-SAME: %[[J:[^ ]*]]: index, %[[SEG:[^ ]*]]: tensor<?xi64>, %[[TABLE:[^ ]*]]: tensor<4x?xbf16>) attributes {note = "kept"} {
// CHECK: tensor.dim %[[SEG]]
// CHECK: tensor.extract %[[TABLE]]
attn.predicate @table(%b: index, %h: index, %i: index, %j: index, %seg: tensor<?xi64>, %table: tensor<4x?xbf16>) attributes {note = "kept"} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %seg, %c0 : tensor<?xi64>
  %k = arith.minsi %j, %n : index
  %x = tensor.extract %seg[%k] : tensor<?xi64>
  %at = arith.index_cast %x : i64 to index
  %y = tensor.extract %table[%h, %at] : tensor<4x?xbf16>
  %zero = arith.constant 0.0 : bf16
  %kept = arith.cmpf ogt, %y, %zero : bf16
  attn.yield %kept : i1
}
