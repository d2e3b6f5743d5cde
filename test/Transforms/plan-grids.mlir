// RUN: attn-opt %s --attn-plan-grids --split-input-file | FileCheck %s
// RUN: attn-opt %s --attn-plan-grids --split-input-file --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What stands near a query of an image is near in all directions, and its rows lie apart.
// With the points of a box together few blocks hold them all: queries, keys and values
// are brought into that order, and the result back.
// CHECK-LABEL: func @boxes(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<8x4096x64xf32>, %[[K:[a-z0-9]+]]: tensor<8x4096x64xf32>, %[[V:[a-z0-9]+]]: tensor<8x4096x32xf32>
// CHECK: %[[QS:.*]] = scf.forall {{.*}} -> (tensor<8x4096x64xf32>)
// CHECK: %[[KS:.*]] = scf.forall {{.*}} -> (tensor<8x4096x64xf32>)
// CHECK: %[[VS:.*]] = scf.forall {{.*}} -> (tensor<8x4096x32xf32>)
// CHECK: %[[MAP:.*]] = attn.block_map mask(grid<[64, 64], [near<13>, near<13>], box [8, 8]>) shape({{.*}}) tile(64, 64) coarse :
// CHECK: %[[OUT:.*]] = attn.sdpa %[[QS]], %[[KS]], %[[VS]] mask(all(blocks(%[[MAP]] : !attn.blocks<64, 64>), grid<[64, 64], [near<13>, near<13>], box [8, 8]>))
// CHECK: %[[BACK:.*]] = scf.forall {{.*}} -> (tensor<8x4096x32xf32>)
// CHECK:   tensor.extract_slice %[[OUT]]
// CHECK: return %[[BACK]]
// REMARK: remark: the points of a grid come in boxes of 8 x 8, whose blocks are listed by each call: about {{[0-9]+}} keys a query
func.func @boxes(%q: tensor<8x4096x64xf32>, %k: tensor<8x4096x64xf32>, %v: tensor<8x4096x32xf32>) -> tensor<8x4096x32xf32> {
  %o = attn.sdpa %q, %k, %v mask(grid<[64, 64], [near<13>, near<13>]>) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x32xf32>) -> tensor<8x4096x32xf32>
  return %o : tensor<8x4096x32xf32>
}

// -----

// Boxes divide the grid: 13 x 31 points have none, and blocks in raster order would leave
// little out that intervals do not.
// CHECK-LABEL: func @primes(
// CHECK-NOT: scf.forall
// CHECK-NOT: attn.block_map
// CHECK: attn.sdpa %{{.*}} mask(grid<[13, 31], [near<5>, near<5>]>) :
// REMARK: remark: the keys between the ends of a grid's intervals are visited: about {{[0-9]+}} keys a query
func.func @primes(%q: tensor<8x403x64xf32>) -> tensor<8x403x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[13, 31], [near<5>, near<5>]>) : (tensor<8x403x64xf32>, tensor<8x403x64xf32>, tensor<8x403x64xf32>) -> tensor<8x403x64xf32>
  return %o : tensor<8x403x64xf32>
}

// -----

// Frames that are causal in time and near in space: the planes of the past lie far apart,
// and a list says which parts of them are seen.
// CHECK-LABEL: func @video(
// CHECK-NOT: scf.forall
// CHECK: %[[MAP:.*]] = attn.block_map mask(grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>) shape({{.*}}) tile(64, 64) coarse : !attn.blocks<64, 64>
// CHECK: attn.sdpa {{.*}} mask(all(blocks(%[[MAP]] : !attn.blocks<64, 64>), grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>)) :
// REMARK: remark: the blocks of a grid are listed by each call: about {{[0-9]+}} keys a query
func.func @video(%q: tensor<8x4608x64xf32>) -> tensor<8x4608x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[8, 24, 24], [all(causal, window<2, 0>), near<9>, near<9>]>) : (tensor<8x4608x64xf32>, tensor<8x4608x64xf32>, tensor<8x4608x64xf32>) -> tensor<8x4608x64xf32>
  return %o : tensor<8x4608x64xf32>
}

// -----

// Where more than the grid asks where points stand, or where their number is known at
// run time only, they stay where they are.
// CHECK-LABEL: func @stays(
// CHECK-NOT: scf.forall
// CHECK-NOT: box [
func.func @stays(%q: tensor<8x4096x64xf32>, %d: tensor<8x?x64xf32>, %b: tensor<1x4096x4096xf32>) -> (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x?x64xf32>) {
  %0 = attn.sdpa %q, %q, %q mask(all(cols<4000>, grid<[64, 64], [near<13>, near<13>]>)) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32>
  %1 = attn.sdpa %q, %q, %q bias(%b : tensor<1x4096x4096xf32>) mask(grid<[64, 64], [near<13>, near<13>]>) : (tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x4096x64xf32>) -> tensor<8x4096x64xf32>
  %2 = attn.sdpa %d, %d, %d mask(grid<[64, 64], [near<13>, near<13>]>) align(top_left) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %0, %1, %2 : tensor<8x4096x64xf32>, tensor<8x4096x64xf32>, tensor<8x?x64xf32>
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
