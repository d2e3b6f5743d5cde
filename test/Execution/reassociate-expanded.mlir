// RUN: attn-run %s --dim=1 --dim=1.1=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=5 --dim=1.1=0 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --dim=1.1=129 --compare=reference --attn-fp=strict | FileCheck %s

// Keys and values of a latent, absorbed in a decoding step and expanded in a prompt: the
// oracle expands. Weights serve two heads of queries each.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x4x?x8xf32>, %c: tensor<2x?x16xf32>, %wk: tensor<2x16x8xf32>, %wv: tensor<2x16x12xf32>) -> tensor<2x4x?x12xf32> {
  %one = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %c, %one : tensor<2x?x16xf32>
  %ik = tensor.empty(%n) : tensor<2x2x?x8xf32>
  %zk = linalg.fill ins(%zero : f32) outs(%ik : tensor<2x2x?x8xf32>) -> tensor<2x2x?x8xf32>
  %k = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, x) -> (b, i, x)>, affine_map<(b, h, i, j, x) -> (h, x, j)>, affine_map<(b, h, i, j, x) -> (b, h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
    ins(%c, %wk : tensor<2x?x16xf32>, tensor<2x16x8xf32>) outs(%zk : tensor<2x2x?x8xf32>) {
  ^bb0(%l: f32, %r: f32, %sum: f32):
    %p = arith.mulf %l, %r : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x2x?x8xf32>
  %iv = tensor.empty(%n) : tensor<2x2x?x12xf32>
  %zv = linalg.fill ins(%zero : f32) outs(%iv : tensor<2x2x?x12xf32>) -> tensor<2x2x?x12xf32>
  %v = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, x) -> (b, i, x)>, affine_map<(b, h, i, j, x) -> (h, x, j)>, affine_map<(b, h, i, j, x) -> (b, h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
    ins(%c, %wv : tensor<2x?x16xf32>, tensor<2x16x12xf32>) outs(%zv : tensor<2x2x?x12xf32>) {
  ^bb0(%l: f32, %r: f32, %sum: f32):
    %p = arith.mulf %l, %r : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x2x?x12xf32>
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) softcap(5.0)
    : (tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x12xf32>) -> tensor<2x4x?x12xf32>
  return %o : tensor<2x4x?x12xf32>
}
