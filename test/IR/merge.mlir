// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @two
// CHECK: attn.merge (%{{.*}}, %{{.*}}), (%{{.*}}, %{{.*}}) : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
func.func @two(%o0: tensor<?x8x?x64xf32>, %l0: tensor<?x8x?xf32>, %o1: tensor<?x8x?x64xf32>, %l1: tensor<?x8x?xf32>)
    -> (tensor<?x8x?x64xf32>, tensor<?x8x?xf32>) {
  %o, %l = attn.merge (%o0, %l0), (%o1, %l1) : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
  return %o, %l : tensor<?x8x?x64xf32>, tensor<?x8x?xf32>
}

// Parts without a batch, in bf16, with f32 log-sum-exps.
// CHECK-LABEL: func @three
// CHECK: attn.merge (%{{.*}}, %{{.*}}), (%{{.*}}, %{{.*}}), (%{{.*}}, %{{.*}}) : tensor<8x4x64xbf16>, tensor<8x4xf32>
func.func @three(%o: tensor<8x4x64xbf16>, %l: tensor<8x4xf32>) -> tensor<8x4x64xbf16> {
  %r, %s = attn.merge (%o, %l), (%o, %l), (%o, %l) : tensor<8x4x64xbf16>, tensor<8x4xf32>
  return %r : tensor<8x4x64xbf16>
}
