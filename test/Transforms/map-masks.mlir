// RUN: attn-opt %s --attn-map-masks | FileCheck %s
// RUN: attn-opt %s --attn-map-masks --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Global tokens leave holes between them and the window: the blocks that have a pair are
// listed in front, of fewer queries as a global one has all of its block visit every key, and
// the mask is left to decide inside of them.
// CHECK-LABEL: func @holes(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<8x256x8xf32>, %[[K:[a-z0-9]+]]: tensor<8x?x8xf32>, %[[F:[a-z0-9]+]]: tensor<?xi32>
// CHECK-DAG: %[[M:.*]] = arith.constant 256 : index
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[K]], %{{.*}}
// CHECK: %[[MAP:.*]] = attn.block_map mask(any(global(%[[F]] : tensor<?xi32>), window<8, 8>)) shape(%[[M]], %[[N]]) tile(64, 64) align(bottom_right) : !attn.blocks<64, 64>
// CHECK: attn.sdpa %[[Q]], %[[K]], %[[K]] mask(all(blocks(%[[MAP]] : !attn.blocks<64, 64>), any(global(%[[F]] : tensor<?xi32>), window<8, 8>))) align(bottom_right)
// REMARK: remark: blocks of 64 by 64 in which mask #attn.any<#attn.global<0>, #attn.window<8, 8>> keeps a pair are listed by each call, as its intervals do not tell{{$}}
func.func @holes(%q: tensor<8x256x8xf32>, %k: tensor<8x?x8xf32>, %f: tensor<?xi32>) -> tensor<8x256x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(global(%f : tensor<?xi32>), window<8, 8>)) align(bottom_right) : (tensor<8x256x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x256x8xf32>
  return %o : tensor<8x256x8xf32>
}

// Only the conjuncts with holes are mapped: the intervals of the others cut the runs.
// CHECK-LABEL: func @conjuncts(
// CHECK: %[[MAP:.*]] = attn.block_map mask(same(%[[S:.*]] : tensor<?xi32>)) shape(
// CHECK: attn.sdpa {{.*}} mask(all(blocks(%[[MAP]] : !attn.blocks<128, 64>), causal, same(%[[S]] : tensor<?xi32>)))
func.func @conjuncts(%q: tensor<8x?x8xf32>, %s: tensor<?xi32>) -> tensor<8x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(all(causal, same(%s : tensor<?xi32>))) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  return %o : tensor<8x?x8xf32>
}

// A mask that is constant on blocks of 64 is what its list says, which holes of three
// blocks are worth.
// CHECK-LABEL: func @exact(
// CHECK: %[[MAP:.*]] = attn.block_map mask(block<64, order(%{{.*}} : tensor<?xi32>)>) shape({{.*}}) tile(64, 64)
// CHECK: attn.sdpa {{.*}} mask(blocks(%[[MAP]] : !attn.blocks<64, 64>))
// CHECK: attn.block_map mask(block<64, stride<4>>) shape({{.*}}) tile(64, 64)
// CHECK: attn.sdpa {{.*}} mask(blocks(%{{.*}} : !attn.blocks<64, 64>))
// REMARK: remark: blocks of 64 by 64 in which mask #attn.block<64, #attn.order<0>> keeps a pair are listed by each call, as its intervals do not tell; the list takes the place of the mask
func.func @exact(%q: tensor<8x?x8xf32>, %s: tensor<?xi32>) -> (tensor<8x?x8xf32>, tensor<8x?x8xf32>) {
  %0 = attn.sdpa %q, %q, %q mask(block<64, order(%s : tensor<?xi32>)>) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  %1 = attn.sdpa %q, %q, %q mask(block<64, stride<4>>) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  return %0, %1 : tensor<8x?x8xf32>, tensor<8x?x8xf32>
}

// Where queries begin anywhere, blocks of rows are no blocks of positions, and a hole
// has to be wide to be worth a list.
// CHECK-LABEL: func @shifted(
// CHECK: attn.sdpa {{.*}} mask(block<64, stride<4>>) offset(%[[P:.*]] : tensor<2xi32>)
// CHECK: %[[MAP:.*]] = attn.block_map mask(block<64, stride<16>>) shape({{.*}}) tile(128, 64) batch(%{{.*}}) offset(%[[P]] : tensor<2xi32>)
// CHECK: attn.sdpa {{.*}} mask(all(blocks(%[[MAP]] : !attn.blocks<128, 64>), block<64, stride<16>>)) offset(%[[P]] : tensor<2xi32>)
func.func @shifted(%q: tensor<2x8x?x8xf32>, %k: tensor<2x8x?x8xf32>, %p: tensor<2xi32>) -> (tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(block<64, stride<4>>) offset(%p : tensor<2xi32>) : (tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>) -> tensor<2x8x?x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(block<64, stride<16>>) offset(%p : tensor<2xi32>) : (tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>) -> tensor<2x8x?x8xf32>
  return %1, %0 : tensor<2x8x?x8xf32>, tensor<2x8x?x8xf32>
}

// Heads, and batch elements, that masks with holes tell apart have lists of their own.
// CHECK-LABEL: func @apart(
// CHECK: %[[H:.*]] = arith.constant 4 : index
// CHECK: attn.block_map mask(per_head[stride<1024>, all(lens(%{{.*}} : tensor<2xi32>), stride<2048>), full, full]) shape({{.*}}) tile(128, 64) batch(%{{.*}}) heads(%[[H]])
func.func @apart(%q: tensor<2x4x?x8xf32>, %l: tensor<2xi32>) -> tensor<2x4x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(per_head[stride<1024>, all(lens(%l : tensor<2xi32>), stride<2048>), full, full]) align(top_left) : (tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>) -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}

// Masks without holes, strides that have a key in every block, and masks that list
// blocks already, stay what they are.
// CHECK-LABEL: func @untouched(
// CHECK-NOT: attn.block_map
func.func @untouched(%q: tensor<8x?x8xf32>, %s: tensor<?xi32>, %list: !attn.blocks<16, 16>) -> (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) {
  %0 = attn.sdpa %q, %q, %q mask(all(causal, window<8, 0>)) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  %1 = attn.sdpa %q, %q, %q mask(stride<8>) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  %2 = attn.sdpa %q, %q, %q mask(all(blocks(%list : !attn.blocks<16, 16>), same(%s : tensor<?xi32>))) align(top_left) : (tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>) -> tensor<8x?x8xf32>
  return %0, %1, %2 : tensor<8x?x8xf32>, tensor<8x?x8xf32>, tensor<8x?x8xf32>
}

// Tiles that are boxes of a grid lie in no row of blocks: holes of other masks beside it
// are left to the mask.
// CHECK-LABEL: func @boxes(
// CHECK-NOT: attn.block_map
// CHECK: attn.sdpa {{.*}} mask(all(same(
func.func @boxes(%q: tensor<8x4096x64xf32>, %s: tensor<4096xi32>) -> tensor<8x4096x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(all(same(%s : tensor<4096xi32>), grid<[64, 64], [near<7>, near<7>]>)) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32>
  return %o : tensor<8x4096x64xf32>
}
