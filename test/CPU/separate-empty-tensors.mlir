// RUN: attn-opt %s --attn-cpu-separate-empty-tensors | FileCheck %s

// Two ops get one each; the branches of one op share theirs.
// CHECK-LABEL: func @separate
// CHECK: %[[A:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: %[[B:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[BRANCH:.*]] : tensor<4xf32>)
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[BRANCH]] : tensor<4xf32>)
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[LAST:.*]] : tensor<4xf32>)
func.func @separate(%c: i1, %x: f32) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %a = scf.if %c -> tensor<4xf32> {
    %t = linalg.fill ins(%x : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %t : tensor<4xf32>
  } else {
    %t = linalg.fill ins(%x : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %t : tensor<4xf32>
  }
  %b = linalg.fill ins(%x : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// One op keeps what it has.
// CHECK-LABEL: func @alone
// CHECK-COUNT-1: tensor.empty
// CHECK-NOT: tensor.empty
func.func @alone(%x: f32) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %b = linalg.fill ins(%x : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}
