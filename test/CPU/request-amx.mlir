// RUN: attn-opt %s --attn-cpu-request-amx | FileCheck %s

// A kernel whose grid, handed to the runtime by its address, uses tiles asks for them
// first, and does nothing where the answer is no.
// CHECK: llvm.func @attn_rt_request_amx() -> i32
// CHECK-LABEL: llvm.func @tiles.entry
// CHECK: %[[ANSWER:.*]] = llvm.call @attn_rt_request_amx()
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: %[[GRANTED:.*]] = llvm.icmp "ne" %[[ANSWER]], %[[ZERO]]
// CHECK: llvm.cond_br %[[GRANTED]], ^[[GO_ON:.*]], ^[[REFUSED:.*]]
// CHECK: ^[[GO_ON]]:
// CHECK: llvm.call @tiles
// CHECK: ^[[REFUSED]]:
// CHECK-NEXT: llvm.return
llvm.func @attn_rt_parallel_for(i64, !llvm.ptr, !llvm.ptr)
llvm.func @tiles.grid0(%context: !llvm.ptr, %lo: i64, %hi: i64) {
  %n = llvm.mlir.constant(16 : i16) : i16
  %0 = llvm.call_intrinsic "llvm.x86.tilezero.internal"(%n, %n) : (i16, i16) -> !llvm.x86_amx
  llvm.return
}
llvm.func @tiles(%x: !llvm.ptr) {
  %n = llvm.mlir.constant(1 : i64) : i64
  %task = llvm.mlir.addressof @tiles.grid0 : !llvm.ptr
  llvm.call @attn_rt_parallel_for(%n, %task, %x) : (i64, !llvm.ptr, !llvm.ptr) -> ()
  llvm.return
}
llvm.func @tiles.entry(%arguments: !llvm.ptr) {
  llvm.call @tiles(%arguments) : (!llvm.ptr) -> ()
  llvm.return
}

// Another kernel of the module has nothing to ask.
// CHECK-LABEL: llvm.func @plain.entry
// CHECK-NOT: attn_rt_request_amx
// CHECK: llvm.return
llvm.func @plain.entry(%arguments: !llvm.ptr) {
  llvm.return
}
