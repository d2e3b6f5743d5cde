// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Iterations, six of them unless something else is said; no other result.
// CHECK-LABEL: func @iterative
// CHECK: attn.nystrom %{{.*}} landmarks(64) : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32> -> tensor<?x8x?x32xf32>
// CHECK: attn.nystrom %{{.*}} landmarks(64) iters(20) scale(5.000000e-01) : {{.*}} -> tensor<?x8x?x32xf32>
func.func @iterative(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x32xf32>) -> (tensor<?x8x?x32xf32>, tensor<?x8x?x32xf32>) {
  %0 = attn.nystrom %q, %k, %v landmarks(64) : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32> -> tensor<?x8x?x32xf32>
  %1 = attn.nystrom %q, %k, %v landmarks(64) iters(20) scale(0.5) : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32> -> tensor<?x8x?x32xf32>
  return %0, %1 : tensor<?x8x?x32xf32>, tensor<?x8x?x32xf32>
}

// Elimination, lengths, a convolution, and the residual, which is f32 for bf16.
// CHECK-LABEL: func @clauses
// CHECK: attn.nystrom %{{.*}} landmarks(8) solve(lu) lens(%{{.*}} : tensor<2xi32>) skip(%{{.*}} : tensor<4x33xbf16>) : {{.*}} -> tensor<2x4x40x16xbf16>, tensor<2x4xf32>
func.func @clauses(%q: tensor<2x4x40x16xbf16>, %n: tensor<2xi32>, %w: tensor<4x33xbf16>) -> (tensor<2x4x40x16xbf16>, tensor<2x4xf32>) {
  %o, %r = attn.nystrom %q, %q, %q landmarks(8) solve(lu) lens(%n : tensor<2xi32>) skip(%w : tensor<4x33xbf16>) : tensor<2x4x40x16xbf16>, tensor<2x4x40x16xbf16>, tensor<2x4x40x16xbf16> -> tensor<2x4x40x16xbf16>, tensor<2x4xf32>
  return %o, %r : tensor<2x4x40x16xbf16>, tensor<2x4xf32>
}
