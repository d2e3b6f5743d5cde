// RUN: attn-opt %s --attn-cpu-destination-arguments | FileCheck %s

// Results become memory of the caller, with any strides. Inputs are not written.
// CHECK-LABEL: func @kernel
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32> {bufferization.writable = false}, %[[R:.*]]: memref<?x4xf32, strided<[?, ?], offset: ?>>, %[[S:.*]]: memref<?xf32, strided<[?], offset: ?>>)
// CHECK-NOT: ->
// CHECK: %[[FILL:.*]] = linalg.fill
// CHECK: bufferization.materialize_in_destination %[[FILL]] in restrict writable %[[R]]
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[S]]
// CHECK: return{{$}}
func.func @kernel(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %r = linalg.fill ins(%z : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %d = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.fill ins(%z : f32) outs(%d : tensor<?xf32>) -> tensor<?xf32>
  return %r, %s : tensor<?x4xf32>, tensor<?xf32>
}

// Private functions are not kernels.
// CHECK-LABEL: func private @inner
// CHECK-SAME: (%{{.*}}: tensor<4xf32>) -> tensor<4xf32>
func.func private @inner(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// A cache that is updated in place is read where the result is written: both are one
// memory, and the input's own descriptor has no use.
// CHECK-LABEL: func @append
// CHECK-SAME: (%[[CACHE:.*]]: tensor<2x8x4xf32> {{.*}}, %{{.*}}: tensor<2x1x4xf32> {{.*}}, %{{.*}}: tensor<1xi32> {{.*}}, %[[MEMORY:.*]]: memref<2x8x4xf32, strided<[?, ?, ?], offset: ?>>)
// CHECK-NOT: %[[CACHE]]
// CHECK: %[[NOW:.*]] = bufferization.to_tensor %[[MEMORY]] restrict writable
// CHECK: %[[FIRST:.*]] = attn.kv_append %[[NOW]]
// CHECK: %[[SECOND:.*]] = attn.kv_append %[[FIRST]]
// CHECK: bufferization.materialize_in_destination %[[SECOND]] in restrict writable %[[MEMORY]]
func.func @append(%cache: tensor<2x8x4xf32> {attn.inplace}, %new: tensor<2x1x4xf32>, %pos: tensor<1xi32>) -> tensor<2x8x4xf32> {
  %0 = attn.kv_append %cache, %new, %pos : tensor<2x8x4xf32>, tensor<2x1x4xf32>, tensor<1xi32>
  %1 = attn.kv_append %0, %new, %pos : tensor<2x8x4xf32>, tensor<2x1x4xf32>, tensor<1xi32>
  return %1 : tensor<2x8x4xf32>
}

// A result that grows as a grid of points is written as one, in the caller's memory of any
// strides, which need not be collapsible.
// CHECK-LABEL: func @grid
// CHECK-SAME: %[[R:[a-z0-9]+]]: memref<6x4xf32, strided<[?, ?], offset: ?>>)
// CHECK-DAG: %[[NOW:.*]] = bufferization.to_tensor %[[R]] restrict writable
// CHECK-DAG: %[[PLACE:.*]] = memref.expand_shape %[[R]] {{\[\[}}0, 1], [2]] output_shape [2, 3, 4] : memref<6x4xf32, {{.*}}> into memref<2x3x4xf32, {{.*}}>
// CHECK: %[[START:.*]] = tensor.expand_shape %[[NOW]]
// CHECK: %[[OUT:.*]] = scf.forall {{.*}} shared_outs(%{{.*}} = %[[START]])
// CHECK: bufferization.materialize_in_destination %[[OUT]] in restrict writable %[[PLACE]]
func.func @grid(%x: tensor<1x1x4xf32>) -> tensor<6x4xf32> {
  %e = tensor.empty() : tensor<6x4xf32>
  %g = tensor.expand_shape %e [[0, 1], [2]] output_shape [2, 3, 4] : tensor<6x4xf32> into tensor<2x3x4xf32>
  %o = scf.forall (%i, %j) in (2, 3) shared_outs(%out = %g) -> (tensor<2x3x4xf32>) {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %x into %out[%i, %j, 0] [1, 1, 4] [1, 1, 1] : tensor<1x1x4xf32> into tensor<2x3x4xf32>
    }
  }
  %r = tensor.collapse_shape %o [[0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
  return %r : tensor<6x4xf32>
}

// What begins as another shape is copied.
// CHECK-LABEL: func @collapsed
// CHECK-SAME: %{{.*}}, %[[R:[a-z0-9]+]]: memref<?x4xf32, strided<[?, ?], offset: ?>>)
// CHECK: %[[OWN:.*]] = tensor.empty(%{{.*}}) : tensor<1x?x4xf32>
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[OWN]]
// CHECK: %[[OUT:.*]] = tensor.collapse_shape
// CHECK: bufferization.materialize_in_destination %[[OUT]] in restrict writable %[[R]]
func.func @collapsed(%n: index) -> tensor<?x4xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<1x?x4xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<1x?x4xf32>) -> tensor<1x?x4xf32>
  %r = tensor.collapse_shape %f [[0, 1], [2]] : tensor<1x?x4xf32> into tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// What is copied to an empty tensor grows there, through branches, and so in the caller's
// memory: no branch leaves a buffer of its own.
// CHECK-LABEL: func @choice
// CHECK-SAME: %[[MEMORY:[a-z0-9]*]]: memref<?xf32, strided<[?], offset: ?>>)
// CHECK: %[[OUT:.*]] = bufferization.to_tensor %[[MEMORY]] restrict writable
// CHECK: scf.if
// CHECK: scf.if
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[OUT]]
// CHECK: } else {
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[OUT]]
// CHECK-NOT: materialize_in_destination
// CHECK: } else {
// CHECK: bufferization.materialize_in_destination %{{.*}} in %[[OUT]]
func.func @choice(%x: tensor<?xf32>, %c: i1, %d: i1) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %z = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %out = tensor.empty(%n) : tensor<?xf32>
  %r = scf.if %c -> tensor<?xf32> {
    %e = tensor.empty(%n) : tensor<?xf32>
    %s = scf.if %d -> tensor<?xf32> {
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %f : tensor<?xf32>
    } else {
      %f = linalg.fill ins(%z : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %f : tensor<?xf32>
    }
    %m = bufferization.materialize_in_destination %s in %out : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %m : tensor<?xf32>
  } else {
    %m = bufferization.materialize_in_destination %x in %out : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %m : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
