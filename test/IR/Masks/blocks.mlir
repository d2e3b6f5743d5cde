// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// A mask names a list, alone or among others.
// CHECK-LABEL: func @list
// CHECK: %[[M:.*]] = attn.block_list
// CHECK: attn.sdpa %{{.*}} mask(all(causal, blocks(%[[M]] : !attn.blocks<8, 4>))) align(top_left) :
func.func @list(%q: tensor<4x16x8xf32>, %k: tensor<4x20x8xf32>, %r: tensor<1x4x3xi32>, %c: tensor<?xi32>) -> tensor<4x16x8xf32> {
  %m = attn.block_list %r, %c : tensor<1x4x3xi32>, tensor<?xi32> -> !attn.blocks<8, 4>
  %o = attn.sdpa %q, %k, %k mask(all(causal, blocks(%m : !attn.blocks<8, 4>))) align(top_left)
    : (tensor<4x16x8xf32>, tensor<4x20x8xf32>, tensor<4x20x8xf32>) -> tensor<4x16x8xf32>
  return %o : tensor<4x16x8xf32>
}

// Or it names the tensors of one.
// CHECK-LABEL: func @tensors
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<1x1x?xi32>, %[[C:[a-z0-9]+]]: tensor<?xi32>, %[[N:[a-z0-9]+]]: tensor<1xi32>
// CHECK: attn.weights %{{.*}} mask(any(not(blocks<128, 64>(%[[R]] : tensor<1x1x?xi32>, %[[C]] : tensor<?xi32>)), lens(%[[N]] : tensor<1xi32>))) :
func.func @tensors(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>, %n: tensor<1xi32>, %q: tensor<4x?x8xf32>, %k: tensor<4x?x8xf32>) -> tensor<4x?x?xf32> {
  %o = attn.weights %q, %k mask(any(not(blocks<128, 64>(%r : tensor<1x1x?xi32>, %c : tensor<?xi32>)), lens(%n : tensor<1xi32>)))
    : (tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x?xf32>
  return %o : tensor<4x?x?xf32>
}

// A list may be for several heads, by its type or as tensors.
// CHECK-LABEL: func @groups
// CHECK: attn.sdpa %{{.*}} mask(blocks(%{{.*}} : !attn.blocks<8, 4, 2>)) :
// CHECK: attn.sdpa %{{.*}} mask(blocks<8, 4, 2>(%{{.*}} : tensor<1x2x3xi32>, %{{.*}} : tensor<?xi32>)) :
func.func @groups(%q: tensor<4x16x8xf32>, %r: tensor<1x2x3xi32>, %c: tensor<?xi32>) {
  %m = attn.block_list %r, %c : tensor<1x2x3xi32>, tensor<?xi32> -> !attn.blocks<8, 4, 2>
  %0 = attn.sdpa %q, %q, %q mask(blocks(%m : !attn.blocks<8, 4, 2>))
    : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  %1 = attn.sdpa %q, %q, %q mask(blocks<8, 4, 2>(%r : tensor<1x2x3xi32>, %c : tensor<?xi32>))
    : (tensor<4x16x8xf32>, tensor<4x16x8xf32>, tensor<4x16x8xf32>) -> tensor<4x16x8xf32>
  return
}
