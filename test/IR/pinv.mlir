// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Both ways, with and without the residual.
// CHECK-LABEL: func @ways
// CHECK: attn.pinv %{{.*}} iters(6) : tensor<?x8x64x64xf32>
// CHECK: attn.pinv %{{.*}} solve(lu) : tensor<?x8x64x64xf32>, tensor<?x8xf32>
func.func @ways(%a: tensor<?x8x64x64xf32>) -> (tensor<?x8x64x64xf32>, tensor<?x8x64x64xf32>, tensor<?x8xf32>) {
  %0 = attn.pinv %a iters(6) : tensor<?x8x64x64xf32>
  %1, %r = attn.pinv %a solve(lu) : tensor<?x8x64x64xf32>, tensor<?x8xf32>
  return %0, %1, %r : tensor<?x8x64x64xf32>, tensor<?x8x64x64xf32>, tensor<?x8xf32>
}
