// RUN: attn-opt %s --attn-partition-grid --attn-tile-keys --attn-specialize-blocks --canonicalize --cse | FileCheck %s

// Three runs of blocks, partial, full, partial: only the one in the middle is free of
// mask code, and its blocks have a size known to the compiler; the others are the same
// code. Bounds are a few scalar operations.
// CHECK-LABEL: func @causal_window
// CHECK: scf.forall
// CHECK-NOT: tensor<?x?x
// CHECK: attn.init
// CHECK-NOT: scf.for
// CHECK: affine.min
// CHECK: scf.for %[[WHICH:.*]] = %c0 to %c3 step %c1 iter_args
// CHECK:   %[[FIRST:.*]] = arith.cmpi eq, %[[WHICH]], %c0
// CHECK:   %[[FULL:.*]] = arith.cmpi eq, %[[WHICH]], %c1
// CHECK:   scf.if %[[FULL]]
// CHECK:     scf.for %[[J:.*]] = %[[F0:.*]] to %[[F1:.*]] step %[[C64:.*]] iter_args
// CHECK-NOT: affine.min
// CHECK:       tensor.extract_slice %{{.*}}[%[[J]], 0] [64, 64]
// CHECK-NOT: mask(
// CHECK:       attn.step
// CHECK-NOT: mask(
// CHECK:   } else {
// CHECK-DAG: %[[LO:.*]] = arith.select %[[FIRST]], %{{.*}}, %{{.*}}
// CHECK-DAG: %[[HI:.*]] = arith.select %[[FIRST]], %{{.*}}, %{{.*}}
// CHECK:     scf.for %[[J:.*]] = %{{.*}} to %{{.*}} step %[[C64]] iter_args
// CHECK:       %[[SIZE:.*]] = affine.min {{.*}}(%[[J]])
// CHECK:       tensor.extract_slice %{{.*}}[%[[J]], 0] [%[[SIZE]], 64]
// CHECK:       attn.step {{.*}} mask(all(causal, window<255, 0>))
// CHECK: attn.record_tiles
// CHECK: attn.finish
func.func @causal_window(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, window<255, 0>)) align(top_left) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Rows of a causal mask begin at key 0: no first partial loop.
// CHECK-LABEL: func @causal
// CHECK-COUNT-2: scf.for %
// CHECK-NOT: scf.for %
// CHECK: return
func.func @causal(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Without a mask there is one loop; a ragged last block is a bound inside it.
// CHECK-LABEL: func @dense
// CHECK: scf.for {{.*}} = %c0 to
// CHECK-NOT: mask(
// CHECK: return
func.func @dense(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Every block is full: one loop, no ragged end, as many blocks as there are.
// CHECK-LABEL: func @dense_static
// CHECK-COUNT-1: scf.for %
// CHECK-NOT: scf.for %
// CHECK: attn.record_tiles %c4, %c4, %c0
// CHECK: return
func.func @dense_static(%q: tensor<8x256x64xf32>, %k: tensor<8x256x64xf32>, %v: tensor<8x256x64xf32>) -> tensor<8x256x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x256x64xf32>, tensor<8x256x64xf32>, tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  return %o : tensor<8x256x64xf32>
}

// Nothing to visit: no loop at all.
// CHECK-LABEL: func @empty
// CHECK-NOT: scf.for %
// CHECK: attn.record_tiles %c4, %c0, %c0
// CHECK: return
func.func @empty(%q: tensor<8x256x64xf32>, %k: tensor<8x256x64xf32>, %v: tensor<8x256x64xf32>) -> tensor<8x256x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(empty) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x256x64xf32>, tensor<8x256x64xf32>, tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  return %o : tensor<8x256x64xf32>
}

// Bounds that come from memory: one length a tile.
// CHECK-LABEL: func @lens
// CHECK-SAME: %[[LENS:[^ ]+]]: tensor<1xi32>
// CHECK: %[[N:.*]] = tensor.extract %[[LENS]]
// CHECK: scf.for
func.func @lens(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %n: tensor<1xi32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(lens(%n : tensor<1xi32>)) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Two disjuncts: a loop over them around the loop over runs, so that code does not
// grow, with a cursor that keeps blocks from being visited twice.
// CHECK-LABEL: func @disjuncts
// CHECK: scf.for {{.*}} = %c0 to %c2 step %c1 iter_args(%{{[^)]*}}, %[[CURSOR:[^ ]+]] = %c0, %{{[^ ]+}} = %c0, %{{[^ ]+}} = %c0)
// CHECK-COUNT-3: scf.for
// CHECK-NOT: scf.for
// CHECK: attn.record_tiles
func.func @disjuncts(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(any(window<63, 0>, cols<4>)) align(top_left) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Every loop reads the scales of its own keys; full blocks know how many.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<8x?xf32>
// CHECK: %[[HEAD:.*]] = tensor.extract_slice %[[KS]][%{{.*}}, 0]
// CHECK: scf.for %[[J:.*]] = %{{.*}} to
// CHECK:   tensor.extract_slice %[[HEAD]][%[[J]]] [64]
// CHECK:   attn.step {{.*}} key_scale(%{{.*}} : tensor<64xf32>) outs(
// CHECK: scf.for %[[J:.*]] = %{{.*}} to
// CHECK:   %[[SIZE:.*]] = affine.min {{.*}}(%[[J]])
// CHECK:   tensor.extract_slice %[[HEAD]][%[[J]]] [%[[SIZE]]]
// CHECK:   attn.step {{.*}} mask(causal) key_scale(%{{.*}} : tensor<?xf32>) outs(
func.func @scales(%ks: tensor<8x?xf32>, %q: tensor<8x?x64xf32>, %k: tensor<8x?x64xi8>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) key_scale(%ks : tensor<8x?xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xi8>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Form row: one loop, whose blocks all evaluate the mask.
// CHECK-LABEL: func @row
// CHECK-COUNT-1: scf.for %
// CHECK: attn.step {{.*}} mask(causal)
// CHECK-NOT: scf.for %
// CHECK: attn.record_tiles %{{.*}}, %[[VISITED:.*]], %[[VISITED]]
// CHECK: return
func.func @row(%q: tensor<8x2x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x2x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row>)
    : (tensor<8x2x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x2x64xf32>
  return %o : tensor<8x2x64xf32>
}

// A part of the keys begins at a multiple of its size: intervals are counted from
// there, and what is true from the first key on is so in every part.
// CHECK-LABEL: func @part
// CHECK: scf.forall (%{{.*}}, %[[S:.*]]) in (8, %{{.*}})
// CHECK: %[[BASE:.*]] = affine.apply #{{.*}}(%[[S]])
// CHECK: scf.for %[[J:.*]] = %c0 to
// CHECK:   %[[COL:.*]] = affine.apply #{{.*}}(%[[J]], %{{.*}})
// CHECK:   attn.step {{.*}} at(%{{.*}}, %{{.*}}, %{{.*}}, %[[COL]])
func.func @part(%q: tensor<8x2x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x2x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, split = 256>)
    : (tensor<8x2x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x2x64xf32>
  return %o : tensor<8x2x64xf32>
}

// Keys that come by their places were chosen: no block of them is skipped or free of the
// mask.
// CHECK-LABEL: func @places
// CHECK: attn.init
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK:   attn.step {{.*}} mask(grid<[32, 32], [near<7>, near<7>]>)
// CHECK: attn.record_tiles
func.func @places(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[32, 32], [near<7>, near<7>]>) schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [8, 8]>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}
