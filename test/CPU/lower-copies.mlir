// RUN: attn-opt %s --attn-cpu-lower-copies | FileCheck %s

// A copy into a strided buffer becomes a loop nest.
// CHECK-LABEL: func @strided(
// CHECK-SAME:    %[[FROM:[^:]*]]: memref<?x8xf32>, %[[TO:[^:]*]]: memref<?x8xf32, strided<[?, ?], offset: ?>>)
// CHECK-NOT:     memref.copy
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[FROM]] : {{.*}}) outs(%[[TO]] :
// CHECK:         ^bb0(%[[ELEMENT:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      linalg.yield %[[ELEMENT]]
func.func @strided(%from: memref<?x8xf32>, %to: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  memref.copy %from, %to : memref<?x8xf32> to memref<?x8xf32, strided<[?, ?], offset: ?>>
  return
}

// One between contiguous buffers is a memcpy, and stays.
// CHECK-LABEL: func @contiguous(
// CHECK:         memref.copy
func.func @contiguous(%from: memref<?x8xf32>, %to: memref<?x8xf32>) {
  memref.copy %from, %to : memref<?x8xf32> to memref<?x8xf32>
  return
}

// A single element behind an offset is a loop nest without loops.
// CHECK-LABEL: func @scalar(
// CHECK-NOT:     memref.copy
// CHECK:         linalg.generic {{.*}} iterator_types = []
func.func @scalar(%from: memref<f32, strided<[], offset: ?>>, %to: memref<f32>) {
  memref.copy %from, %to : memref<f32, strided<[], offset: ?>> to memref<f32>
  return
}

// A copy to itself, what is left of a result that was written in place, goes.
// CHECK-LABEL: func @itself(
// CHECK-NEXT:    return
func.func @itself(%buffer: memref<?x8xf32, strided<[?, ?], offset: ?>>) {
  memref.copy %buffer, %buffer : memref<?x8xf32, strided<[?, ?], offset: ?>> to memref<?x8xf32, strided<[?, ?], offset: ?>>
  return
}
