// RUN: attn-opt %s --attn-build-mask-tables --attn-map-masks --cse | FileCheck %s

// Heads draw for themselves, so that each has a list of its own; where blocks of 64 keys are
// drawn, the list of them takes the place of the mask, and only the map needs the limits.
// CHECK-LABEL: func @bigbird(
// CHECK-DAG: %[[H:.*]] = arith.constant 4 : index
// CHECK: %[[LIMITS:.*]] = attn.random_limits mask(not(any(window<1, 1>, cols<1>))) keep(3) seed(7) block(64)
// CHECK: %[[MAP:.*]] = attn.block_map mask(block<64, plus_random<3, 7, any(window<1, 1>, cols<1>)>(%[[LIMITS]] : tensor<?x?x?xi64>)>) {{.*}} tile(64, 64) heads(%[[H]])
// CHECK: attn.sdpa %{{.*}} mask(blocks(%[[MAP]] : !attn.blocks<64, 64>)) :
func.func @bigbird(%q: tensor<2x4x1024x8xf32>) -> tensor<2x4x1024x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(block<64, plus_random<3, 7, any(window<1, 1>, cols<1>)>>) : (tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>) -> tensor<2x4x1024x8xf32>
  return %o : tensor<2x4x1024x8xf32>
}

// Single keys: map and kernel read the same limits.
// CHECK-LABEL: func @keys(
// CHECK: %[[LIMITS:.*]] = attn.random_limits
// CHECK-NOT: attn.random_limits
// CHECK: %[[MAP:.*]] = attn.block_map mask(random<3, 7>(%[[LIMITS]] : tensor<?x?x?xi64>))
// CHECK: attn.sdpa %{{.*}} mask(all(blocks(%[[MAP]] : !attn.blocks<128, 64>), causal, random<3, 7>(%[[LIMITS]] : tensor<?x?x?xi64>))) :
func.func @keys(%q: tensor<2x4x1024x8xf32>) -> tensor<2x4x1024x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(all(causal, random<3, 7>)) : (tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>) -> tensor<2x4x1024x8xf32>
  return %o : tensor<2x4x1024x8xf32>
}

// Candidates that read the lengths of batch elements have lists for each of these too.
// CHECK-LABEL: func @lengths(
// CHECK: attn.block_map mask(random<3, 7, within lens(%{{.*}} : tensor<2xi32>)>(%{{.*}} : tensor<?x?x?xi64>)) {{.*}} batch(%{{.*}}) heads(%{{.*}})
func.func @lengths(%q: tensor<2x4x1024x8xf32>, %n: tensor<2xi32>) -> tensor<2x4x1024x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(random<3, 7, within lens(%n : tensor<2xi32>)>) : (tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>, tensor<2x4x1024x8xf32>) -> tensor<2x4x1024x8xf32>
  return %o : tensor<2x4x1024x8xf32>
}
