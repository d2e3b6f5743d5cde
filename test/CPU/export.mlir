// RUN: attn-opt %s --attn-cpu-export | FileCheck %s

// One entry of packed arguments for each function with a C interface, and the
// runtime, which counts bytes, in the place of the C library's allocator.
// CHECK-NOT: @aligned_alloc
// CHECK-DAG: llvm.func @attn_rt_alloc(i64, i64) -> !llvm.ptr
// CHECK-DAG: llvm.func @attn_rt_free(!llvm.ptr)
// CHECK: llvm.func @_mlir_ciface_kernel
// CHECK: %[[ALIGNMENT:.*]] = llvm.mlir.constant(64 : i64)
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(4096 : i64)
// CHECK: %[[BLOCK:.*]] = llvm.call @attn_rt_alloc(%[[BYTES]], %[[ALIGNMENT]])
// A block that could not be had ends the function: the launch has failed.
// CHECK: %[[NULL:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK: %[[MISSING:.*]] = llvm.icmp "eq" %[[BLOCK]], %[[NULL]]
// CHECK: llvm.cond_br %[[MISSING]], ^[[FAILED:.*]], ^[[GO_ON:.*]]
// CHECK: ^[[FAILED]]:
// CHECK-NEXT: llvm.return
// CHECK: ^[[GO_ON]]:
// CHECK: llvm.call @attn_rt_free(%[[BLOCK]])
// CHECK: llvm.func @kernel.entry(%[[ARGUMENTS:.*]]: !llvm.ptr)
// CHECK: %[[SECOND:.*]] = llvm.getelementptr %[[ARGUMENTS]][1]
// CHECK: %[[Y:.*]] = llvm.load %[[SECOND]]
// CHECK: llvm.call @_mlir_ciface_kernel(%{{.*}}, %[[Y]])
llvm.func @aligned_alloc(i64, i64) -> !llvm.ptr
llvm.func @free(!llvm.ptr)
llvm.func @_mlir_ciface_kernel(%x: !llvm.ptr, %y: !llvm.ptr) {
  %a = llvm.mlir.constant(64 : i64) : i64
  %n = llvm.mlir.constant(4096 : i64) : i64
  %p = llvm.call @aligned_alloc(%a, %n) : (i64, i64) -> !llvm.ptr
  llvm.call @free(%p) : (!llvm.ptr) -> ()
  llvm.return
}
