// RUN: attn-run %s --dim=1 --dim=1.1=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=61 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=5 --dim=1.1=0 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --dim=1.1=129 --compare=reference --attn-fp=strict | FileCheck %s

// Heads that are columns of one product, of the rows of a batch seen as one dimension, for
// keys; and of a matrix given by its columns, for values.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %c: tensor<2x?x13xf32>, %wk: tensor<13x24xf32>, %wv: tensor<15x13xf32>) -> tensor<2x3x?x5xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %n = tensor.dim %c, %one : tensor<2x?x13xf32>
  %all = arith.muli %n, %two : index
  %x = tensor.collapse_shape %c [[0, 1], [2]] : tensor<2x?x13xf32> into tensor<?x13xf32>
  %ik = tensor.empty(%all) : tensor<?x24xf32>
  %zk = linalg.fill ins(%zero : f32) outs(%ik : tensor<?x24xf32>) -> tensor<?x24xf32>
  %y = linalg.matmul ins(%x, %wk : tensor<?x13xf32>, tensor<13x24xf32>) outs(%zk : tensor<?x24xf32>) -> tensor<?x24xf32>
  %yh = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [2, %n, 3, 8] : tensor<?x24xf32> into tensor<2x?x3x8xf32>
  %tk = tensor.empty(%n) : tensor<2x3x?x8xf32>
  %k = linalg.transpose ins(%yh : tensor<2x?x3x8xf32>) outs(%tk : tensor<2x3x?x8xf32>) permutation = [0, 2, 1, 3]
  %iv = tensor.empty(%n) : tensor<2x?x15xf32>
  %zv = linalg.fill ins(%zero : f32) outs(%iv : tensor<2x?x15xf32>) -> tensor<2x?x15xf32>
  %z = linalg.contract indexing_maps = [affine_map<(b, n, j, x) -> (b, n, x)>, affine_map<(b, n, j, x) -> (j, x)>, affine_map<(b, n, j, x) -> (b, n, j)>]
    ins(%c, %wv : tensor<2x?x13xf32>, tensor<15x13xf32>) outs(%zv : tensor<2x?x15xf32>) -> tensor<2x?x15xf32>
  %zh = tensor.expand_shape %z [[0], [1], [2, 3]] output_shape [2, %n, 3, 5] : tensor<2x?x15xf32> into tensor<2x?x3x5xf32>
  %tv = tensor.empty(%n) : tensor<2x3x?x5xf32>
  %v = linalg.transpose ins(%zh : tensor<2x?x3x5xf32>) outs(%tv : tensor<2x3x?x5xf32>) permutation = [0, 2, 1, 3]
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x5xf32>) -> tensor<2x3x?x5xf32>
  return %o : tensor<2x3x?x5xf32>
}
