// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @score
// CHECK: attn.yield %{{.*}} : f64
func.func @score(%q: tensor<1x4x8xf64>) -> tensor<1x4x8xf64> {
  %o = attn.sdpa %q, %q, %q score(%s: f64, %b: index, %h: index, %i: index, %j: index) {
    %y = arith.negf %s : f64
    attn.yield %y : f64
  } : (tensor<1x4x8xf64>, tensor<1x4x8xf64>, tensor<1x4x8xf64>) -> tensor<1x4x8xf64>
  return %o : tensor<1x4x8xf64>
}
