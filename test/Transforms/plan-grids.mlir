// RUN: attn-opt %s --attn-plan-grids --split-input-file | FileCheck %s
// RUN: attn-opt %s --attn-plan-grids --split-input-file --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What stands near a query of an image is near in all directions, and its rows lie apart.
// The queries of a box see few keys in all: that is left to the schedule, and nothing is
// listed or copied.
// CHECK-LABEL: func @boxes(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<8x4096x64xf32>, %[[K:[a-z0-9]+]]: tensor<8x4096x64xf32>, %[[V:[a-z0-9]+]]: tensor<8x4096x32xf32>
// CHECK-NOT: attn.block_map
// CHECK-NOT: scf.forall
// CHECK: attn.sdpa %[[Q]], %[[K]], %[[V]] mask(grid<[64, 64], [near<13>, near<13>]>) :
// REMARK: remark: the queries of a tile are a box of the grid, and keys are read from where they stand: about {{[0-9]+}} keys a query (between the ends of intervals {{[0-9]+}}, in blocks of 64 {{[0-9]+}})
func.func @boxes(%q: tensor<8x4096x64xf32>, %k: tensor<8x4096x64xf32>, %v: tensor<8x4096x32xf32>) -> tensor<8x4096x32xf32> {
  %o = attn.sdpa %q, %k, %v mask(grid<[64, 64], [near<13>, near<13>]>) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x32xf32>) -> tensor<8x4096x32xf32>
  return %o : tensor<8x4096x32xf32>
}

// -----

// Rows of points that are whole are intervals of keys.
// CHECK-LABEL: func @rows(
// CHECK-NOT: attn.block_map
// CHECK: attn.sdpa %{{.*}} mask(grid<[64, 64], [causal, full]>) :
// REMARK: remark: the keys between the ends of a grid's intervals are visited: about {{[0-9]+}} keys a query
func.func @rows(%q: tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[64, 64], [causal, full]>) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32>
  return %o : tensor<8x4096x64xf32>
}

// -----

// A bias is for neighbouring queries: tiles are no boxes, and a list says which parts of
// the planes of the past are seen.
// CHECK-LABEL: func @video(
// CHECK: %[[MAP:.*]] = attn.block_map mask(grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>) shape({{.*}}) tile(64, 64) coarse : !attn.blocks<64, 64>
// CHECK: attn.sdpa {{.*}} mask(all(blocks(%[[MAP]] : !attn.blocks<64, 64>), grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>)) bias(
// REMARK: remark: the blocks of a grid are listed by each call: about {{[0-9]+}} keys a query
func.func @video(%q: tensor<8x4608x64xf32>, %b: tensor<1x1x4608xf32>) -> tensor<8x4608x64xf32> {
  %o = attn.sdpa %q, %q, %q bias(%b : tensor<1x1x4608xf32>) mask(grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>) : (tensor<8x4608x64xf32>, tensor<8x4608x64xf32>, tensor<8x4608x64xf32>) -> tensor<8x4608x64xf32>
  return %o : tensor<8x4608x64xf32>
}

// -----

// Other masks beside the grid are asked where points stand.
// CHECK-LABEL: func @beside(
// CHECK: attn.sdpa {{.*}} mask(all(cols<4000>, grid<[64, 64], [near<13>, near<13>]>)) :
// REMARK: remark: the queries of a tile are a box of the grid
func.func @beside(%q: tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32> {
  %0 = attn.sdpa %q, %q, %q mask(all(cols<4000>, grid<[64, 64], [near<13>, near<13>]>)) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32>
  return %0 : tensor<8x4096x64xf32>
}

// -----

// How many queries there are must be known: here blocks are listed.
// CHECK-LABEL: func @unknown(
// CHECK: attn.block_map
// REMARK: remark: the blocks of a grid are listed by each call
func.func @unknown(%d: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %0 = attn.sdpa %d, %d, %d mask(grid<[64, 64], [near<13>, near<13>]>) align(top_left) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %0 : tensor<8x?x64xf32>
}

// -----

// Points that come in boxes have a list always; what is listed already has one.
// CHECK-LABEL: func @boxed(
// CHECK: attn.block_map mask(grid<[4, 8], [near<3>, causal], box [2, 4]>)
// CHECK-NOT: attn.block_map
func.func @boxed(%q: tensor<8x32x64xf32>, %list: !attn.blocks<64, 64>) -> (tensor<8x32x64xf32>, tensor<8x32x64xf32>) {
  %0 = attn.sdpa %q, %q, %q mask(grid<[4, 8], [near<3>, causal], box [2, 4]>) : (tensor<8x32x64xf32>, tensor<8x32x64xf32>, tensor<8x32x64xf32>) -> tensor<8x32x64xf32>
  %1 = attn.sdpa %q, %q, %q mask(all(blocks(%list : !attn.blocks<64, 64>), grid<[4, 8], [near<3>, causal]>)) : (tensor<8x32x64xf32>, tensor<8x32x64xf32>, tensor<8x32x64xf32>) -> tensor<8x32x64xf32>
  return %0, %1 : tensor<8x32x64xf32>, tensor<8x32x64xf32>
}
