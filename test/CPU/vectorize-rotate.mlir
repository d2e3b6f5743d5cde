// RUN: attn-opt %s --attn-cpu-vectorize --canonicalize --cse | FileCheck %s

module attributes {attn.target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>} {

// Lanes are pairs of a row: vectors of x and of y, each rotated by two multiplications and
// two multiply-adds, where elements lie side by side. What is left of a row goes pair by pair.
// CHECK-LABEL: func @half(
// CHECK-SAME:    %[[X:[^:]*]]: memref<8x?x48xf32>, %[[COS:[^:]*]]: memref<?x24xf32>, %[[SIN:[^:]*]]: memref<?x24xf32>, %[[O:[^:]*]]: memref<8x?x48xf32>)
// CHECK-DAG:     %[[END:.*]] = arith.constant 16 : index
// CHECK-DAG:     %[[HALF:.*]] = arith.constant 24 : index
// CHECK-DAG:     %[[HEADS:.*]] = arith.constant 8 : index
// CHECK:         scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step
// CHECK:           scf.for %[[HEAD:.*]] = %{{.*}} to %[[HEADS]] step
// CHECK:             %[[C:.*]] = vector.load %[[COS]][%[[ROW]], %{{.*}}] : memref<?x24xf32>, vector<16xf32>
// CHECK:             %[[S:.*]] = vector.load %[[SIN]][%[[ROW]], %{{.*}}]
// CHECK:             %[[A:.*]] = vector.load %[[X]][%[[HEAD]], %[[ROW]], %{{.*}}]
// CHECK:             %[[B:.*]] = vector.load %[[X]][%[[HEAD]], %[[ROW]], %{{.*}}]
// CHECK:             %[[MINUS:.*]] = arith.negf %[[S]]
// CHECK:             %[[U0:.*]] = arith.mulf %[[B]], %[[MINUS]]
// CHECK:             %[[U:.*]] = math.fma %[[A]], %[[C]], %[[U0]]
// CHECK:             %[[V0:.*]] = arith.mulf %[[A]], %[[S]]
// CHECK:             %[[V:.*]] = math.fma %[[B]], %[[C]], %[[V0]]
// CHECK:             vector.store %[[U]], %[[O]][%[[HEAD]], %[[ROW]], %{{.*}}]
// CHECK:             vector.store %[[V]], %[[O]][%[[HEAD]], %[[ROW]], %{{.*}}]
// CHECK:             scf.for %[[PAIR:.*]] = %[[END]] to %[[HALF]] step
// CHECK:               memref.load %[[X]][%[[HEAD]], %[[ROW]], %[[PAIR]]]
func.func @half(%x: memref<8x?x48xf32>, %c: memref<?x24xf32>, %s: memref<?x24xf32>, %o: memref<8x?x48xf32>) {
  attn.rotate %x, %c, %s outs(%o : memref<8x?x48xf32>) layout(half) : memref<8x?x48xf32>, memref<?x24xf32>, memref<?x24xf32>
  return
}

// Neighbours are taken apart and put together again; narrow types are computed in f32.
// CHECK-LABEL: func @interleaved(
// CHECK:         %[[XY:.*]] = vector.load %{{.*}} : memref<8x?x64xbf16>, vector<32xbf16>
// CHECK:         %[[WIDE:.*]] = arith.extf %[[XY]] : vector<32xbf16> to vector<32xf32>
// CHECK:         %[[X:.*]], %[[Y:.*]] = vector.deinterleave %[[WIDE]]
// CHECK:         %[[UV:.*]] = vector.interleave %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK:         %[[NARROW:.*]] = arith.truncf %[[UV]] : vector<32xf32> to vector<32xbf16>
// CHECK:         vector.store %[[NARROW]]
func.func @interleaved(%x: memref<8x?x64xbf16>, %c: memref<?x32xf32>, %s: memref<?x32xf32>, %o: memref<8x?x64xbf16>) {
  attn.rotate %x, %c, %s outs(%o : memref<8x?x64xbf16>) layout(interleaved) : memref<8x?x64xbf16>, memref<?x32xf32>, memref<?x32xf32>
  return
}

// Arrays whose elements are not neighbours go pair by pair: no vector is loaded where a
// stride is not 1.
// CHECK-LABEL: func @strided(
// CHECK-SAME:    %[[X:[^:]*]]: memref<8x?x64xf32, strided<[?, ?, ?], offset: ?>>
// CHECK:         %{{.*}}, %{{.*}}, %{{.*}}:3, %[[STRIDES:.*]]:3 = memref.extract_strided_metadata %[[X]]
// CHECK:         %[[NEIGHBOURS:.*]] = arith.cmpi eq, %[[STRIDES]]#2, %{{.*}}
// CHECK:         %[[END:.*]] = arith.select %[[NEIGHBOURS]], %{{.*}}, %{{.*}} : index
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[END]] step
// CHECK:           vector.load
// CHECK:         scf.for %{{.*}} = %[[END]] to %{{.*}} step
// CHECK:           memref.load
func.func @strided(%x: memref<8x?x64xf32, strided<[?, ?, ?], offset: ?>>, %c: memref<?x32xf32>, %s: memref<?x32xf32>, %o: memref<8x?x64xf32>) {
  attn.rotate %x, %c, %s outs(%o : memref<8x?x64xf32>) layout(half) : memref<8x?x64xf32, strided<[?, ?, ?], offset: ?>>, memref<?x32xf32>, memref<?x32xf32>
  return
}
}
