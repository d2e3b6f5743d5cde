// RUN: attn-opt %s --attn-plan=target=x86-64-v4 --attn-tile --attn-cpu --mlir-disable-threading --mlir-print-ir-after=attn-cpu-lower-copies -o /dev/null 2>&1 | FileCheck %s --check-prefix=BUFFERS
// RUN: attn-opt %s --attn-plan=target=x86-64-v4 --attn-tile --attn-cpu | FileCheck %s

!rows = tensor<?x4096x1x56xf32>
!states = tensor<?x4096x56x56xf32>

// A decoding step has two states, that of the caller and the one the caller wants, and
// nothing in between: no third one is allocated, and nothing is copied.
// BUFFERS-LABEL: func.func @step(
// BUFFERS-SAME: %[[BEFORE:[a-z0-9]+]]: memref<?x4096x56x56xf32,
// BUFFERS-SAME: %[[AFTER:[a-z0-9]+]]: memref<?x4096x56x56xf32,
// BUFFERS: scf.forall
// BUFFERS-NOT: copy
// BUFFERS-NOT: attn.linear_state
// BUFFERS-NOT: memref.alloc
// BUFFERS-DAG: %[[START:.*]] = memref.subview %[[BEFORE]]
// BUFFERS-DAG: %[[END:.*]] = memref.subview %[[AFTER]]
// BUFFERS: attn.linear_recurrence {{.*}} from(%[[START]] : {{.*}} outs(%[[END]] :
// BUFFERS-NOT: copy
// BUFFERS: return

// Rows of 56 are three vectors and a half: their strip is whole rows, and what is
// not there of the last vector is neither read nor written.
// CHECK-LABEL: func.func @step(
// CHECK: %[[HALF:.*]] = arith.constant dense<[true, true, true, true, true, true, true, true, false, false, false, false, false, false, false, false]>
// CHECK: %[[FROM:.*]] = arith.select
// CHECK: %[[TO:.*]] = arith.select
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: vector.load %[[FROM]]
// CHECK: vector.load %[[FROM]]
// CHECK: vector.load %[[FROM]]
// CHECK: vector.maskedload %[[FROM]][{{.*}}], %[[HALF]]
// CHECK: vector.store %{{.*}}, %[[TO]]
// CHECK: vector.store %{{.*}}, %[[TO]]
// CHECK: vector.store %{{.*}}, %[[TO]]
// CHECK: vector.maskedstore %[[TO]][{{.*}}], %[[HALF]]
func.func @step(%q: !rows, %k: !rows, %v: !rows, %s: !states) -> (!rows, !states) {
  %o, %t = attn.linear %q, %k, %v state(%s : !states) causal : (!rows, !rows, !rows) -> (!rows, !states)
  return %o, %t : !rows, !states
}

// In place there is one state: each of its vectors is read, and written where it was.
// BUFFERS-LABEL: func.func @inplace(
// BUFFERS-SAME: memref<?x4096x56x56xf32,
// BUFFERS-SAME: %[[STATE:[a-z0-9]+]]: memref<?x4096x56x56xf32,
// BUFFERS: scf.forall
// BUFFERS-NOT: copy
// BUFFERS-NOT: attn.linear_state
// BUFFERS-NOT: memref.alloc
// BUFFERS: %[[PLACE:.*]] = memref.subview %[[STATE]]
// BUFFERS: attn.linear_recurrence {{.*}} from(%[[PLACE]] : {{.*}} outs(%[[PLACE]] :
// BUFFERS-NOT: copy
// BUFFERS: return
func.func @inplace(%q: !rows, %k: !rows, %v: !rows, %s: !states {attn.inplace}) -> (!rows, !states) {
  %o, %t = attn.linear %q, %k, %v state(%s : !states) causal : (!rows, !rows, !rows) -> (!rows, !states)
  return %o, %t : !rows, !states
}

!dynamic = tensor<4x?x64xf32>
!state = tensor<4x64x64xf32>

// Both branches, and a second update after them, go to the memory of the argument.
// BUFFERS-LABEL: func.func @twice(
// BUFFERS-NOT: memref.copy
// BUFFERS-NOT: linalg.copy
// BUFFERS-NOT: memref.alloc{{.*}} memref<4x64x64xf32>
// BUFFERS: return
func.func @twice(%q: !dynamic, %s: !state {attn.inplace}) -> (!dynamic, !state) {
  %o, %t = attn.linear %q, %q, %q state(%s : !state) causal : (!dynamic, !dynamic, !dynamic) -> (!dynamic, !state)
  %p, %u = attn.linear %q, %q, %q state(%t : !state) causal : (!dynamic, !dynamic, !dynamic) -> (!dynamic, !state)
  return %p, %u : !dynamic, !state
}
