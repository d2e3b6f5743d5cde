// RUN: attn-run %s --dim=1 --dim=*.0=2 --dim=2.2=129,3.1=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=61 --dim=*.0=1 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=5 --dim=*.0=2 --dim=2.2=0,3.1=0 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --dim=*.0=2 --dim=2.2=129,3.1=129 --compare=reference --attn-fp=strict | FileCheck %s

// Latent attention whose rotated columns stand beside those that a matrix expands: in a
// decoding step they stay apart, in a prompt every head has them.
// CHECK: result 0: largest error
func.func @latent(%qn: tensor<?x3x?x8xf32>, %qr: tensor<?x3x?x6xf32>, %c: tensor<?x1x?x20xf32>, %kr: tensor<?x?x6xf32>, %wk: tensor<3x20x8xf32>, %wv: tensor<3x20x10xf32>) -> tensor<?x3x?x10xf32> {
  %zero = arith.constant 0 : index
  %two = arith.constant 2 : index
  %b = tensor.dim %qn, %zero : tensor<?x3x?x8xf32>
  %m = tensor.dim %qn, %two : tensor<?x3x?x8xf32>
  %n = tensor.dim %c, %two : tensor<?x1x?x20xf32>
  %ik = tensor.empty(%b, %n) : tensor<?x3x?x8xf32>
  %k = attn.head_product %c, %wk outs(%ik : tensor<?x3x?x8xf32>) : tensor<?x1x?x20xf32>, tensor<3x20x8xf32> -> tensor<?x3x?x8xf32>
  %iv = tensor.empty(%b, %n) : tensor<?x3x?x10xf32>
  %v = attn.head_product %c, %wv outs(%iv : tensor<?x3x?x10xf32>) : tensor<?x1x?x20xf32>, tensor<3x20x10xf32> -> tensor<?x3x?x10xf32>
  %ir = tensor.empty(%b, %n) : tensor<?x3x?x6xf32>
  %r = linalg.broadcast ins(%kr : tensor<?x?x6xf32>) outs(%ir : tensor<?x3x?x6xf32>) dimensions = [1]
  %eq = tensor.empty(%b, %m) : tensor<?x3x?x14xf32>
  %q0 = tensor.insert_slice %qn into %eq[0, 0, 0, 0] [%b, 3, %m, 8] [1, 1, 1, 1] : tensor<?x3x?x8xf32> into tensor<?x3x?x14xf32>
  %query = tensor.insert_slice %qr into %q0[0, 0, 0, 8] [%b, 3, %m, 6] [1, 1, 1, 1] : tensor<?x3x?x6xf32> into tensor<?x3x?x14xf32>
  %ek = tensor.empty(%b, %n) : tensor<?x3x?x14xf32>
  %k0 = tensor.insert_slice %k into %ek[0, 0, 0, 0] [%b, 3, %n, 8] [1, 1, 1, 1] : tensor<?x3x?x8xf32> into tensor<?x3x?x14xf32>
  %key = tensor.insert_slice %r into %k0[0, 0, 0, 8] [%b, 3, %n, 6] [1, 1, 1, 1] : tensor<?x3x?x6xf32> into tensor<?x3x?x14xf32>
  %o = attn.sdpa %query, %key, %v mask(causal) align(bottom_right) : (tensor<?x3x?x14xf32>, tensor<?x3x?x14xf32>, tensor<?x3x?x10xf32>) -> tensor<?x3x?x10xf32>
  return %o : tensor<?x3x?x10xf32>
}
