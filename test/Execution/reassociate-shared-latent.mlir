// RUN: attn-run %s --compare=reference | FileCheck %s
// RUN: attn-run %s --compare=reference --attn-fp=strict | FileCheck %s

// The same written in linalg, the weight given as [n, dc], and the log-sum-exp, which
// no order of products changes.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<3x2x8xf32>, %c: tensor<57x16xf32>, %wk: tensor<3x8x16xf32>, %wv: tensor<3x16x12xf32>) -> (tensor<3x2x12xf32>, tensor<3x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<3x57x8xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<3x57x8xf32>) -> tensor<3x57x8xf32>
  %k = linalg.generic {indexing_maps = [affine_map<(h, i, j, x) -> (i, x)>, affine_map<(h, i, j, x) -> (h, j, x)>, affine_map<(h, i, j, x) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%c, %wk : tensor<57x16xf32>, tensor<3x8x16xf32>) outs(%b : tensor<3x57x8xf32>) {
  ^bb0(%l: f32, %r: f32, %sum: f32):
    %p = arith.mulf %l, %r : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<3x57x8xf32>
  %d = tensor.empty() : tensor<3x57x12xf32>
  %e = linalg.fill ins(%zero : f32) outs(%d : tensor<3x57x12xf32>) -> tensor<3x57x12xf32>
  %v = linalg.generic {indexing_maps = [affine_map<(h, i, j, x) -> (i, x)>, affine_map<(h, i, j, x) -> (h, x, j)>, affine_map<(h, i, j, x) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%c, %wv : tensor<57x16xf32>, tensor<3x16x12xf32>) outs(%e : tensor<3x57x12xf32>) {
  ^bb0(%l: f32, %r: f32, %sum: f32):
    %p = arith.mulf %l, %r : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<3x57x12xf32>
  %o, %lse = attn.sdpa %q, %k, %v : (tensor<3x2x8xf32>, tensor<3x57x8xf32>, tensor<3x57x12xf32>) -> (tensor<3x2x12xf32>, tensor<3x2xf32>)
  return %o, %lse : tensor<3x2x12xf32>, tensor<3x2xf32>
}
