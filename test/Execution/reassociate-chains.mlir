// RUN: attn-run %s --dim=1 --dim=1.0=129 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=61 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=200 --dim=1.0=3 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=7 --dim=1.0=0 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=0 --dim=1.0=9 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=61 --compare=reference --attn-fp=strict | FileCheck %s
// RUN: attn-opt %s --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=FORMS

// Queries, keys and values of rows that are products themselves, and a matrix behind:
// each call takes another order, and all give the oracle's numbers.
// FORMS: the order around attention becomes {{.*}} or {{.*}}, where lengths of a call make that cheapest
// CHECK: result 0: largest error
func.func @attention(%x: tensor<1x?x40xf32>, %y: tensor<?x24xf32>, %d: tensor<24x16xf32>, %wq: tensor<4x40x8xf32>, %wk: tensor<4x16x8xf32>, %wv: tensor<4x16x12xf32>, %wo: tensor<12x20xf32>)
    -> tensor<4x?x20xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %m = tensor.dim %x, %one : tensor<1x?x40xf32>
  %n = tensor.dim %y, %zero : tensor<?x24xf32>
  %iq = tensor.empty(%m) : tensor<4x?x8xf32>
  %q = attn.head_product %x, %wq factor(0.5) outs(%iq : tensor<4x?x8xf32>) : tensor<1x?x40xf32>, tensor<4x40x8xf32> -> tensor<4x?x8xf32>
  %ic = tensor.empty(%n) : tensor<1x?x16xf32>
  %c = attn.head_product %y, %d factor(2.0) outs(%ic : tensor<1x?x16xf32>) : tensor<?x24xf32>, tensor<24x16xf32> -> tensor<1x?x16xf32>
  %ik = tensor.empty(%n) : tensor<4x?x8xf32>
  %k = attn.head_product %c, %wk outs(%ik : tensor<4x?x8xf32>) : tensor<1x?x16xf32>, tensor<4x16x8xf32> -> tensor<4x?x8xf32>
  %iv = tensor.empty(%n) : tensor<4x?x12xf32>
  %v = attn.head_product %c, %wv outs(%iv : tensor<4x?x12xf32>) : tensor<1x?x16xf32>, tensor<4x16x12xf32> -> tensor<4x?x12xf32>
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) : (tensor<4x?x8xf32>, tensor<4x?x8xf32>, tensor<4x?x12xf32>) -> tensor<4x?x12xf32>
  %ip = tensor.empty(%m) : tensor<4x?x20xf32>
  %p = attn.head_product %o, %wo factor(-1.5) outs(%ip : tensor<4x?x20xf32>) : tensor<4x?x12xf32>, tensor<12x20xf32> -> tensor<4x?x20xf32>
  return %p : tensor<4x?x20xf32>
}
