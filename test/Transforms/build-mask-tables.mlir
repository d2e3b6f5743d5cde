// RUN: attn-opt %s --attn-build-mask-tables | FileCheck %s

// Which hashes are kept is computed in front, for each head and query, and the mask names
// it. Operands that the candidates read are named by both.
// CHECK-LABEL: func @within(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x4x?x8xf32>, %[[S:[a-z0-9]+]]: tensor<?xi32>
// CHECK: %[[LIMITS:.*]] = attn.random_limits mask(same(%[[S]] : tensor<?xi32>)) keep(3) seed(7) block(1) shape(%{{.*}}, %{{.*}}) batch(%{{.*}}) heads(%{{.*}}) : tensor<?x?x?xi64>
// CHECK: attn.sdpa %[[Q]], %[[Q]], %[[Q]] mask(random<3, 7, within same(%[[S]] : tensor<?xi32>)>(%[[LIMITS]] : tensor<?x?x?xi64>)) align(top_left) :
func.func @within(%q: tensor<2x4x?x8xf32>, %s: tensor<?xi32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(random<3, 7, within same(%s : tensor<?xi32>)>) align(top_left) : (tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}

// Blocks draw blocks; what comes besides a mask is drawn from what it drops, at the
// positions that the op's queries have.
// CHECK-LABEL: func @besides(
// CHECK: %[[O:.*]] = affine.apply
// CHECK: %[[LIMITS:.*]] = attn.random_limits mask(not(window<1, 1>)) keep(3) seed(7) block(64) shape({{.*}}) batch(%{{.*}}) heads(%{{.*}}) position(%[[O]]) :
// CHECK: attn.sdpa {{.*}} mask(block<64, plus_random<3, 7, window<1, 1>>(%[[LIMITS]] : tensor<?x?x?xi64>)>) align(bottom_right) :
func.func @besides(%q: tensor<4x?x8xf32>, %k: tensor<4x?x8xf32>) -> tensor<4x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<64, plus_random<3, 7, window<1, 1>>>) align(bottom_right) : (tensor<4x?x8xf32>, tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  return %o : tensor<4x?x8xf32>
}

// A draw from a draw needs the inner limits first.
// CHECK-LABEL: func @twice(
// CHECK: %[[INNER:.*]] = attn.random_limits mask(full) keep(9) seed(1)
// CHECK: %[[OUTER:.*]] = attn.random_limits mask(random<9, 1>(%[[INNER]] : tensor<?x?x?xi64>)) keep(2) seed(2)
// CHECK: attn.block_map mask(random<2, 2, within random<9, 1>(%[[INNER]] : tensor<?x?x?xi64>)>(%[[OUTER]] : tensor<?x?x?xi64>))
func.func @twice(%n: index, %h: index) {
  %0 = attn.block_map mask(random<2, 2, within random<9, 1>>) shape(%n, %n) tile(64, 64) heads(%h) : !attn.blocks<64, 64>
  return
}

// Other masks need nothing.
// CHECK-LABEL: func @none(
// CHECK-NEXT: attn.sdpa %{{.*}} mask(causal) align(top_left) :
func.func @none(%q: tensor<4x?x8xf32>) -> tensor<4x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) : (tensor<4x?x8xf32>, tensor<4x?x8xf32>, tensor<4x?x8xf32>) -> tensor<4x?x8xf32>
  return %o : tensor<4x?x8xf32>
}

// Nor do those that have what they need.
// CHECK-LABEL: func @given(
// CHECK-NEXT: attn.sdpa
// CHECK-NEXT: return
func.func @given(%q: tensor<2x?x8xf32>, %l: tensor<1x2x?xi64>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(random<3, 7>(%l : tensor<1x2x?xi64>)) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// Candidates that use positions stand where the queries of each batch element do.
// CHECK-LABEL: func @offset(
// CHECK-SAME: %[[P:[a-z0-9]+]]: tensor<2xi32>
// CHECK-DAG: %[[B:.*]] = arith.constant 2 : index
// CHECK: attn.random_limits mask(causal) {{.*}} batch(%[[B]]) heads(%{{.*}}) offset(%[[P]] : tensor<2xi32>) :
func.func @offset(%q: tensor<2x3x5x8xf32>, %k: tensor<2x3x9x8xf32>, %p: tensor<2xi32>) -> tensor<2x3x5x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, within causal>) offset(%p : tensor<2xi32>) : (tensor<2x3x5x8xf32>, tensor<2x3x9x8xf32>, tensor<2x3x9x8xf32>) -> tensor<2x3x5x8xf32>
  return %o : tensor<2x3x5x8xf32>
}

// The other ops with masks, on any part of them.
// CHECK-LABEL: func @others(
// CHECK: %[[LIMITS:.*]] = attn.random_limits
// CHECK: attn.weights %{{.*}} mask(all(causal, not(random<3, 7>(%[[LIMITS]] : tensor<?x?x?xi64>)))) :
// CHECK: %[[OF_MAP:.*]] = attn.random_limits
// CHECK: attn.block_map mask(random<3, 7>(%[[OF_MAP]] : tensor<?x?x?xi64>)) shape
func.func @others(%q: tensor<2x96x8xf32>, %n: index) -> (tensor<2x96x96xf32>, !attn.blocks<8, 8>) {
  %p = attn.weights %q, %q mask(all(causal, not(random<3, 7>))) : (tensor<2x96x8xf32>, tensor<2x96x8xf32>) -> tensor<2x96x96xf32>
  %m = attn.block_map mask(random<3, 7>) shape(%n, %n) tile(8, 8) : !attn.blocks<8, 8>
  return %p, %m : tensor<2x96x96xf32>, !attn.blocks<8, 8>
}
