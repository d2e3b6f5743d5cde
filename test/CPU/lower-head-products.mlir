// RUN: attn-opt %s --attn-cpu-lower-head-products | FileCheck %s

#target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 32768, l2 = 1048576>
module attributes {attn.target = #target} {

// A cell is 72 rows by 64 columns of a head. Its sums are in a buffer, and in registers for
// 128 of the depth, 6 rows by 4 vectors at a time. Columns side by side are read in place.
// CHECK-LABEL: func @register_tiles(
// CHECK:         scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (4, %{{.*}}, 2) {
// CHECK:           %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<72x64xf32>
// CHECK:           %[[PACKED:.*]] = memref.alloc() {{.*}} : memref<128x64xf32>
// CHECK:           scf.for {{.*}} step %c128
// CHECK:             %[[RHS:.*]] = scf.if %{{.*}} -> (memref<?x64xf32, strided<[?, 1], offset: ?>>) {
// CHECK:               memref.reinterpret_cast
// CHECK:             } else {
// CHECK:               memref.store %{{.*}}, %[[PACKED]]
// CHECK:             scf.for {{.*}} step %c6
// CHECK:               vector.load %[[SUMS]]
// CHECK-COUNT-4:         vector.contract {{.*}} : vector<6x1xf32>, vector<1x16xf32> into vector<6x16xf32>
// CHECK:               vector.store %{{.*}}, %[[SUMS]]
func.func @register_tiles(%l: memref<4x?x300xf32>, %r: memref<2x300x100xf32>, %o: memref<4x?x100xf32>) {
  attn.head_product %l, %r outs(%o : memref<4x?x100xf32>) : memref<4x?x300xf32>, memref<2x300x100xf32>
  return
}

// Few columns take few vectors. What is transposed or narrow is copied, as sums are; the
// factor comes last, before the diagonal.
// CHECK-LABEL: func @transposed(
// CHECK:         %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<72x16xf32>
// CHECK-NOT:     memref.reinterpret_cast
// CHECK:         arith.extf %{{.*}} : bf16 to f32
// CHECK:         vector.contract
// CHECK-NOT:     vector.contract
// CHECK:         %[[SCALED:.*]] = arith.mulf
// CHECK:         %[[SUM:.*]] = arith.addf %[[SCALED]]
// CHECK:         arith.truncf %[[SUM]] : f32 to bf16
func.func @transposed(%l: memref<4x?x300xbf16>, %r: memref<4x10x300xbf16>, %o: memref<4x?x10xbf16>) {
  attn.head_product %l, %r transposed factor(2.0) diagonal(3.0) outs(%o : memref<4x?x10xbf16>) : memref<4x?x300xbf16>, memref<4x10x300xbf16>
  return
}
}
