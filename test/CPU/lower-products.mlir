// RUN: attn-opt %s --attn-cpu-lower-products | FileCheck %s
// RUN: attn-opt %s --attn-cpu-lower-products --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN

// EXPLAIN: remark: 2 product(s) of the same rows: a library if the runtime finds one, else loops
// EXPLAIN: remark: 1 product(s) of the same rows: a library if the runtime finds one, else loops
// EXPLAIN: remark: 1 product(s) of the same rows: loops, since the library takes no f64

// CHECK: func.func private @attn_rt_matmul(!llvm.ptr, i64) -> i64

// Products of the same rows are one call, on a list of their words; what the
// library declines is computed by one grid each.
// CHECK-LABEL: func @together(
// CHECK:         %[[WORDS:.*]] = memref.alloca() : memref<36xi64>
// CHECK:         memref.store %{{.*}}, %[[WORDS]][%c35
// CHECK:         %[[POINTER:.*]] = llvm.inttoptr
// CHECK:         %[[SERVED:.*]] = call @attn_rt_matmul(%[[POINTER]], %{{.*}})
// CHECK:         %[[DECLINED:.*]] = arith.cmpi eq, %[[SERVED]], %c0
// CHECK:         scf.if %[[DECLINED]] {
// CHECK:           scf.forall (%{{.*}}) in (2)
// CHECK:           scf.forall (%{{.*}}) in (1)
func.func @together(%x: memref<1x?x32xf32, strided<[?, ?, ?], offset: ?>>, %wk: memref<32x128xf32>, %wv: memref<32x20xf32>, %a: memref<1x?x128xf32>, %b: memref<1x?x20xf32>) {
  attn.product %x by (%wk, %wv : memref<32x128xf32>, memref<32x20xf32>)
    outs(%a, %b : memref<1x?x128xf32>, memref<1x?x20xf32>) : memref<1x?x32xf32, strided<[?, ?, ?], offset: ?>>
  return
}

// Loops: sums of f32 stay in a vector over groups and depth, and are rounded once.
// Columns that are apart, and those left over, take scalar loops.
// CHECK-LABEL: func @heads(
// CHECK-SAME:    %[[X:[^:]*]]: memref<1x4x?x8xbf16>
// CHECK:         scf.forall
// CHECK:           scf.if
// CHECK:             scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (vector<64xf32>) {
// CHECK:               scf.for {{.*}} iter_args(%[[SUM:.*]] = %{{.*}}) -> (vector<64xf32>) {
// CHECK:                 %[[ELEMENT:.*]] = memref.load %[[X]]
// CHECK:                 %[[WIDE:.*]] = arith.extf %[[ELEMENT]] : bf16 to f32
// CHECK:                 %[[LINE:.*]] = vector.load %{{.*}} : memref<?x?xbf16, strided<[?, 1], offset: ?>>, vector<64xbf16>
// CHECK:                 %[[LINE32:.*]] = arith.extf %[[LINE]] : vector<64xbf16> to vector<64xf32>
// CHECK:                 %[[ALL:.*]] = vector.broadcast %[[WIDE]] : f32 to vector<64xf32>
// CHECK:                 vector.fma %[[ALL]], %[[LINE32]], %[[SUM]] : vector<64xf32>
// CHECK:             arith.truncf %{{.*}} : vector<64xf32> to vector<64xbf16>
// CHECK:             vector.store
// CHECK:           } else {
// CHECK:             linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "reduction", "parallel"]
// CHECK:             arith.truncf %{{.*}} : f32 to bf16
func.func @heads(%x: memref<1x4x?x8xbf16>, %w: memref<32x?xbf16, strided<[?, ?], offset: ?>>, %a: memref<1x?x?xbf16, strided<[?, ?, ?], offset: ?>>) {
  attn.product %x by (%w : memref<32x?xbf16, strided<[?, ?], offset: ?>>)
    outs(%a : memref<1x?x?xbf16, strided<[?, ?, ?], offset: ?>>) : memref<1x4x?x8xbf16>
  return
}

// No library takes f64: there is nothing to ask.
// CHECK-LABEL: func @doubles(
// CHECK-NOT:     call @attn_rt_matmul
// CHECK:         scf.forall
// CHECK:           vector.fma {{.*}} : vector<64xf64>
func.func @doubles(%x: memref<1x?x32xf64>, %w: memref<32x64xf64>, %a: memref<1x?x64xf64>) {
  attn.product %x by (%w : memref<32x64xf64>) outs(%a : memref<1x?x64xf64>) : memref<1x?x32xf64>
  return
}
