// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

attn.predicate @odd(%b: index, %h: index, %i: index, %j: index) {
  %c1 = arith.constant 1 : index
  %rest = arith.andi %j, %c1 : index
  %odd = arith.cmpi eq, %rest, %c1 : index
  attn.yield %odd : i1
}

attn.predicate @same(%b: index, %h: index, %i: index, %j: index, %seg: tensor<?xi32>, %other: tensor<?xi32>) {
  %x = tensor.extract %seg[%i] : tensor<?xi32>
  %y = tensor.extract %other[%j] : tensor<?xi32>
  %kept = arith.cmpi eq, %x, %y : i32
  attn.yield %kept : i1
}

// Alone; within every functor; with operands, and what they leave alike.
// CHECK-LABEL: func @pred(
// CHECK: attn.sdpa {{.*}} mask(pred<@odd>) :
// CHECK: attn.sdpa {{.*}} mask(all(causal, not(pred<@odd>), block<4, pred<@odd>>, per_head[pred<@odd>, full], grid<[4, 4], [pred<@odd>, full]>)) :
// CHECK: attn.sdpa {{.*}} mask(any(pred<@same, any_batch>(%arg2 : tensor<16xi32>, %arg3 : tensor<?xi32>), pred<@odd, any_batch, any_head>)) :
func.func @pred(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<16xi32>, %t: tensor<?xi32>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(pred<@odd>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(all(causal, not(pred<@odd>), block<4, pred<@odd>>, per_head[pred<@odd>, full], grid<[4, 4], [pred<@odd>, full]>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %2 = attn.sdpa %q, %k, %k mask(any(pred<@same, any_batch>(%s : tensor<16xi32>, %t : tensor<?xi32>), pred<@odd, any_batch, any_head>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1, %2 : tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>
}
