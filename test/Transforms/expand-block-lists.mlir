// RUN: attn-opt %s --attn-expand-block-lists | FileCheck %s

!q = tensor<4x?x8xf32>

// A mask reads the tensors of its list; other operands stay, and no list is left.
// CHECK-LABEL: func @masks
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<1x1x?xi32>, %[[C:[a-z0-9]+]]: tensor<?xi32>, %[[N:[a-z0-9]+]]: tensor<1xi32>
// CHECK-NOT: attn.block_list
// CHECK: attn.sdpa %{{.*}} mask(all(blocks<16, 32>(%[[R]] : tensor<1x1x?xi32>, %[[C]] : tensor<?xi32>), lens(%[[N]] : tensor<1xi32>))) :
// CHECK: attn.weights %{{.*}} mask(not(blocks<16, 32>(%[[R]] : tensor<1x1x?xi32>, %[[C]] : tensor<?xi32>))) :
func.func @masks(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>, %n: tensor<1xi32>, %q: !q) -> (!q, tensor<4x?x?xf32>) {
  %m = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<16, 32>
  %o = attn.sdpa %q, %q, %q mask(all(blocks(%m : !attn.blocks<16, 32>), lens(%n : tensor<1xi32>))) : (!q, !q, !q) -> !q
  %p = attn.weights %q, %q mask(not(blocks(%m : !attn.blocks<16, 32>))) : (!q, !q) -> tensor<4x?x?xf32>
  return %o, %p : !q, tensor<4x?x?xf32>
}

// What a list is taken apart to is what it was made from.
// CHECK-LABEL: func @apart
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<1x1x?xi32>, %[[C:[a-z0-9]+]]: tensor<?xi32>
// CHECK: %[[CAST:.*]] = tensor.cast %[[R]] : tensor<1x1x?xi32> to tensor<?x?x?xi32>
// CHECK: return %[[CAST]], %[[C]]
func.func @apart(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>) -> (tensor<?x?x?xi32>, tensor<?xi32>) {
  %m = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<16, 32>
  %0, %1 = attn.block_tensors %m : !attn.blocks<16, 32> -> tensor<?x?x?xi32>, tensor<?xi32>
  return %0, %1 : tensor<?x?x?xi32>, tensor<?xi32>
}
