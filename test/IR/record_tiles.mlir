// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @counts
// CHECK: attn.record_tiles %{{.*}}, %{{.*}}, %{{.*}}
func.func @counts(%total: index, %visited: index, %partial: index) {
  attn.record_tiles %total, %visited, %partial
  return
}
