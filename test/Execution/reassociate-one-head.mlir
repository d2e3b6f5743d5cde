// RUN: attn-run %s --dim=1 --dim=1.2=9001 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=3 --dim=1.2=1 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=61 --compare=reference | FileCheck %s

// Attention of one head takes keys in parts where queries are few, which is a choice of its
// own in each of the orders that a call chooses between.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<1x1x?x20xf32>, %c: tensor<1x1x?x20xf32>, %wk: tensor<1x20x20xf32>, %wv: tensor<1x20x20xf32>) -> tensor<1x1x?x20xf32> {
  %two = arith.constant 2 : index
  %n = tensor.dim %c, %two : tensor<1x1x?x20xf32>
  %i = tensor.empty(%n) : tensor<1x1x?x20xf32>
  %k = attn.head_product %c, %wk factor(0.1) outs(%i : tensor<1x1x?x20xf32>) : tensor<1x1x?x20xf32>, tensor<1x20x20xf32> -> tensor<1x1x?x20xf32>
  %v = attn.head_product %k, %wv factor(0.1) outs(%i : tensor<1x1x?x20xf32>) : tensor<1x1x?x20xf32>, tensor<1x20x20xf32> -> tensor<1x1x?x20xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<1x1x?x20xf32>, tensor<1x1x?x20xf32>, tensor<1x1x?x20xf32>) -> tensor<1x1x?x20xf32>
  return %o : tensor<1x1x?x20xf32>
}
