// RUN: attn-opt %s --attn-cpu-to-llvm | FileCheck %s

// Functions, branches, numbers and buffers in one conversion: nothing is left of their
// dialects, nor a cast between them.
// CHECK-LABEL: llvm.func @loop(
// CHECK-NOT:     unrealized_conversion_cast
// CHECK:         %[[ALIGNMENT:.*]] = llvm.mlir.constant(64 : index)
// CHECK:         %[[BLOCK:.*]] = llvm.call @aligned_alloc(%[[ALIGNMENT]], %{{.*}})
// CHECK:         llvm.cond_br %{{.*}}, ^[[BODY:.*]], ^[[END:.*]]
// CHECK:       ^[[BODY]]:
// CHECK:         %[[POWER:.*]] = llvm.intr.exp2(%{{.*}}) : (f32) -> f32
// CHECK:         llvm.store %[[POWER]], %{{.*}} : f32, !llvm.ptr
// CHECK:       ^[[END]]:
// CHECK:         llvm.call @free(%{{.*}})
func.func @loop(%n: index, %x: f32) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %buffer = memref.alloc(%n) {alignment = 64 : i64} : memref<?xf32>
  cf.br ^head(%zero : index)
^head(%i: index):
  %more = arith.cmpi slt, %i, %n : index
  cf.cond_br %more, ^body, ^end
^body:
  %y = math.exp2 %x : f32
  memref.store %y, %buffer[%i] : memref<?xf32>
  %next = arith.addi %i, %one : index
  cf.br ^head(%next : index)
^end:
  memref.dealloc %buffer : memref<?xf32>
  return
}

// A function that LLVM has no intrinsic for is called from the math library.
// CHECK-LABEL: llvm.func @error(
// CHECK:         llvm.call @erff(%{{.*}}) : (f32) -> f32
func.func @error(%x: f32) -> f32 {
  %y = math.erf %x : f32
  return %y : f32
}

// A tile of AMX is carried by a branch.
// CHECK-LABEL: llvm.func @tile(
// CHECK:         %[[ZERO:.*]] = llvm.call_intrinsic "llvm.x86.tilezero.internal"
// CHECK:         llvm.br ^[[NEXT:.*]](%[[ZERO]] : !llvm.x86_amx)
func.func @tile(%o: memref<16x16xf32>) {
  %place = arith.constant 0 : index
  %t = amx.tile_zero : !amx.tile<16x16xf32>
  cf.br ^next(%t : !amx.tile<16x16xf32>)
^next(%u: !amx.tile<16x16xf32>):
  amx.tile_store %o[%place, %place], %u : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}

// Divisions that round down or up become divisions and corrections.
// CHECK-LABEL: llvm.func @rounded
// CHECK-NOT:     arith.
// CHECK:         llvm.sdiv
// CHECK-NOT:     arith.
func.func @rounded(%x: i64, %y: i64) -> (i64, i64) {
  %down = arith.floordivsi %x, %y : i64
  %up = arith.ceildivsi %x, %y : i64
  return %down, %up : i64, i64
}
