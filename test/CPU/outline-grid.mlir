// RUN: attn-opt %s --attn-cpu-outline-grid | FileCheck %s

// The grid becomes a function over a range of its cells, which the runtime's threads
// call; what it reads from outside travels in a context on the stack.
// CHECK: func.func private @attn_rt_record_tiles(i64, i64, i64)
// CHECK: func.func private @attn_rt_parallel_for(i64, !llvm.ptr, !llvm.ptr)
// CHECK-LABEL: func @grid
// CHECK-NOT: scf.forall
// CHECK: %[[COUNT:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK: %[[CONTEXT:.*]] = llvm.alloca
// CHECK: %[[BODY:.*]] = constant @[[OUTLINED:.*]] : (!llvm.ptr, i64, i64) -> ()
// CHECK: %[[POINTER:.*]] = builtin.unrealized_conversion_cast %[[BODY]]
// CHECK: call @attn_rt_parallel_for(%[[COUNT]], %[[POINTER]], %[[CONTEXT]])
// CHECK: func.func private @[[OUTLINED]](%{{.*}}: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// Scratch is allocated once a range, not once a cell.
// CHECK: %[[SCRATCH:.*]] = memref.alloc() : memref<64xf32>
// CHECK: %[[B:.*]] = arith.index_cast %[[BEGIN]]
// CHECK: %[[E:.*]] = arith.index_cast %[[END]]
// CHECK: scf.for %[[CELL:.*]] = %[[B]] to %[[E]]
// CHECK-NOT: memref.alloc
// CHECK:   %[[I:.*]] = arith.remui %[[CELL]]
// CHECK:   %[[H:.*]] = arith.divui %[[CELL]]
// CHECK:   func.call @attn_rt_record_tiles
// CHECK: memref.dealloc %[[SCRATCH]]
func.func @grid(%o: memref<8x?xf32>, %n: index) {
  %z = arith.constant 0.0 : f32
  scf.forall (%h, %i) in (8, %n) {
    %t = memref.alloc() : memref<64xf32>
    memref.store %z, %t[%i] : memref<64xf32>
    %y = memref.load %t[%i] : memref<64xf32>
    memref.store %y, %o[%h, %i] : memref<8x?xf32>
    attn.record_tiles %n, %n, %h
  }
  return
}

// Two grids of one function are two tasks.
// CHECK-LABEL: func @twice
// CHECK-COUNT-2: call @attn_rt_parallel_for
func.func @twice(%o: memref<8xf32>) {
  %z = arith.constant 0.0 : f32
  scf.forall (%h) in (8) {
    memref.store %z, %o[%h] : memref<8xf32>
  }
  scf.forall (%h) in (8) {
    memref.store %z, %o[%h] : memref<8xf32>
  }
  return
}

// How many rows a cell takes is the runtime's answer, which knows the threads.
// CHECK-LABEL: func @rows
// CHECK-SAME: %[[COLUMNS:.*]]: index, %[[M:.*]]: index
// CHECK-DAG: %[[C:.*]] = arith.index_cast %[[COLUMNS]] : index to i64
// CHECK-DAG: %[[R:.*]] = arith.index_cast %[[M]] : index to i64
// CHECK-DAG: %[[MOST:.*]] = arith.constant 512 : i64
// CHECK-DAG: %[[LEAST:.*]] = arith.constant 64 : i64
// CHECK: %[[ROWS:.*]] = call @attn_rt_cell_rows(%[[C]], %[[R]], %[[MOST]], %[[LEAST]])
// CHECK: %[[RESULT:.*]] = arith.index_cast %[[ROWS]] : i64 to index
// CHECK: return %[[RESULT]]
func.func @rows(%columns: index, %m: index) -> index {
  %rows = attn.cell_rows columns(%columns) rows(%m) most(512) least(64)
  return %rows : index
}

// And how many columns of a state, by what the work takes that cells repeat.
// CHECK-LABEL: func @columns
// CHECK-SAME: %[[STATES:.*]]: index
// CHECK-DAG: %[[S:.*]] = arith.index_cast %[[STATES]] : index to i64
// CHECK-DAG: %[[WIDTH:.*]] = arith.constant 128 : i64
// CHECK-DAG: %[[LEAST:.*]] = arith.constant 32 : i64
// CHECK-DAG: %[[SHARED:.*]] = arith.constant 46 : i64
// CHECK: %[[COLUMNS:.*]] = call @attn_rt_cell_columns(%[[S]], %[[WIDTH]], %[[LEAST]], %[[SHARED]])
// CHECK: %[[RESULT:.*]] = arith.index_cast %[[COLUMNS]] : i64 to index
// CHECK: return %[[RESULT]]
func.func @columns(%states: index) -> index {
  %columns = attn.cell_columns states(%states) width(128) least(32) shared(46)
  return %columns : index
}
