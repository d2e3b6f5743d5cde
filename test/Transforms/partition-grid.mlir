// RUN: attn-opt %s --attn-partition-grid | FileCheck %s

// CHECK-DAG: #[[REVERSE:.*]] = affine_map<(d0)[s0, s1] -> (-d0 + s0 ceildiv s1 - 1)>

// One cell a batch element, head and block of up to 128 queries, as many as the threads
// of the launch ask for; the heads of the keys are shared by four heads of the queries.
// CHECK-LABEL: func @grouped
// CHECK-SAME: %[[Q:.*]]: tensor<2x8x1000x64xf32>, %[[K:.*]]: tensor<2x2x300x64xf32>, %[[V:.*]]: tensor<2x2x300x24xf32>
// CHECK: %[[OUT:.*]] = tensor.empty() : tensor<2x8x1000x24xf32>
// CHECK: %[[SIZE:.*]] = attn.cell_rows columns(%{{.*}}) rows(%{{.*}}) most(128) least(64)
// CHECK: %[[BLOCKS:.*]] = affine.apply #{{.*}}()[%[[SIZE]]]
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[BLOCK:.*]]) in (2, 8, %[[BLOCKS]]) shared_outs(%[[SHARED:.*]] = %[[OUT]])
// CHECK-DAG: %[[ROW:.*]] = arith.muli %[[BLOCK]], %[[SIZE]]
// CHECK-DAG: %[[ROWS:.*]] = affine.min #{{.*}}(%[[ROW]])[%[[SIZE]]]
// CHECK-DAG: %[[KH:.*]] = affine.apply #{{.*}}(%[[H]])
// CHECK-DAG: %[[QT:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[ROW]], 0] [1, 1, %[[ROWS]], 64] [1, 1, 1, 1] : {{.*}} to tensor<?x64xf32>
// CHECK-DAG: %[[KT:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[KH]], 0, 0] [1, 1, 300, 64] [1, 1, 1, 1] : {{.*}} to tensor<300x64xf32>
// CHECK: %[[INIT:.*]]:4 = attn.init %[[QT]] factor(
// CHECK: %[[STEP:.*]]:3 = attn.step %[[INIT]]#0, %[[KT]], %{{.*}} outs(%[[INIT]]#1, %[[INIT]]#2, %[[INIT]]#3 :
// CHECK: %[[FINISH:.*]] = attn.finish %[[STEP]]#0, %[[STEP]]#1, %[[STEP]]#2 head(%[[H]])
// CHECK: tensor.parallel_insert_slice %[[FINISH]] into %[[SHARED]][%[[B]], %[[H]], %[[ROW]], 0] [1, 1, %[[ROWS]], 24]
// CHECK-NOT: attn.sdpa
func.func @grouped(%q: tensor<2x8x1000x64xf32>, %k: tensor<2x2x300x64xf32>, %v: tensor<2x2x300x24xf32>) -> tensor<2x8x1000x24xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<2x8x1000x64xf32>, tensor<2x2x300x64xf32>, tensor<2x2x300x24xf32>) -> tensor<2x8x1000x24xf32>
  return %o : tensor<2x8x1000x24xf32>
}

// Lengths at run time, no batch, the log-sum-exp as a second result. Causal rows cost the
// more the later they are, so that the last block of rows is the first cell.
// CHECK-LABEL: func @dynamic
// CHECK: %[[SIZE:.*]] = attn.cell_rows
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %[[BLOCK:.*]]) in (1, 8, %{{.*}}) shared_outs(%{{.*}}, %{{.*}}) -> (tensor<8x?x64xf32>, tensor<8x?xf32>)
// CHECK: %[[FROM_END:.*]] = affine.apply #[[REVERSE]](%[[BLOCK]])[%{{.*}}, %[[SIZE]]]
// CHECK: arith.muli %[[FROM_END]], %[[SIZE]]
// CHECK: attn.step {{.*}} mask(causal)
// CHECK: attn.finish {{.*}} outs(%{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<?xf32>)
// CHECK-COUNT-2: tensor.parallel_insert_slice
func.func @dynamic(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x?xf32>)
  return %o, %lse : tensor<8x?x64xf32>, tensor<8x?xf32>
}

// Where the scores are affine in the products, log2(e) goes into the factor of the
// queries; a soft cap comes after the scale, so there it does not.
// CHECK-LABEL: func @affine
// CHECK: attn.init %{{.*}} factor(0.180336
// CHECK-LABEL: func @capped
// CHECK: attn.init %{{.*}} factor(1.250000e-01)
// CHECK: attn.step {{.*}} softcap(5.000000e+01)
func.func @affine(%q: tensor<1x16x64xf32>) -> tensor<1x16x64xf32> {
  %o = attn.sdpa %q, %q, %q scale(0.125) schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
    : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %o : tensor<1x16x64xf32>
}
func.func @capped(%q: tensor<1x16x64xf32>) -> tensor<1x16x64xf32> {
  %o = attn.sdpa %q, %q, %q scale(0.125) softcap(50.0) schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
    : (tensor<1x16x64xf32>, tensor<1x16x64xf32>, tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %o : tensor<1x16x64xf32>
}

// Form row: the four heads that share keys are one cell, of four rows a head, and
// keys are read once.
// CHECK-LABEL: func @folded
// CHECK-SAME: %[[Q:.*]]: tensor<8x4x64xf32>, %[[K:.*]]: tensor<2x?x64xf32>
// CHECK: scf.forall (%{{.*}}, %[[C:.*]], %{{.*}}) in (1, 2, 1)
// CHECK: %[[H:.*]] = affine.apply #{{.*}}(%[[C]])
// CHECK: tensor.extract_slice %[[Q]][%[[H]], %{{.*}}, 0] [4, %{{.*}}, 64] [1, 1, 1] : tensor<8x4x64xf32> to tensor<4x?x64xf32>
// CHECK: attn.init {{.*}} -> tensor<4x4x64xf32>, tensor<4x4x64xf32>, tensor<4x4xf32>, tensor<4x4xf32>
// CHECK: attn.step {{.*}} heads(%c4{{.*}})
func.func @folded(%q: tensor<8x4x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>) -> tensor<8x4x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, heads = 4>)
    : (tensor<8x4x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x4x64xf32>
  return %o : tensor<8x4x64xf32>
}

// Lanes that are queries fold heads likewise. On AMX a cell is halved as far as its panels
// are whole, here 16 and 8 rows of four heads.
// CHECK-LABEL: func @folded_tiles
// CHECK: attn.cell_rows {{.*}} most(16) least(8)
// CHECK: tensor.extract_slice {{.*}} [4, %{{.*}}, 64] [1, 1, 1] : tensor<8x?x64xbf16> to tensor<4x?x64xbf16>
// CHECK: attn.step {{.*}} heads(%c4{{.*}})
func.func @folded_tiles(%q: tensor<8x?x64xbf16>, %k: tensor<2x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %k schedule(#attn.schedule<query_block = 64, key_block = 128, panel = 32, rows = 32, form = amx, heads = 4>)
    : (tensor<8x?x64xbf16>, tensor<2x?x64xbf16>, tensor<2x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// Cells of three panels are not halved: rows would move from panel to panel.
// CHECK-LABEL: func @three_panels
// CHECK: attn.cell_rows {{.*}} most(24) least(24)
func.func @three_panels(%q: tensor<8x?x64xbf16>, %k: tensor<2x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %k schedule(#attn.schedule<query_block = 96, key_block = 128, panel = 32, rows = 32, form = amx, heads = 4>)
    : (tensor<8x?x64xbf16>, tensor<2x?x64xbf16>, tensor<2x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// Three heads of a group of 6 make a cell, of four queries at most: one row each. Widths are filled up to whole vectors.
// CHECK-LABEL: func @large_group
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (1, 4, 4)
// CHECK: attn.init {{.*}} -> tensor<1x4x32xf32>, tensor<1x4x16xf32>,
func.func @large_group(%q: tensor<12x4x20xf32>, %k: tensor<2x?x20xf32>, %v: tensor<2x?x12xf32>) -> tensor<12x4x12xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 4, key_block = 128, panel = 4, rows = 4, form = row, heads = 3>)
    : (tensor<12x4x20xf32>, tensor<2x?x20xf32>, tensor<2x?x12xf32>) -> tensor<12x4x12xf32>
  return %o : tensor<12x4x12xf32>
}

// Few queries are cut by a schedule of their own, chosen when M is known, and both
// ways end in the same results.
// CHECK-LABEL: func @few
// CHECK-SAME: %[[Q:.*]]: tensor<8x?x64xf32>
// CHECK: %[[OUT:.*]] = tensor.empty
// CHECK: %[[SIXTEEN:.*]] = arith.constant 16 : index
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %{{.*}}, %[[SIXTEEN]]
// CHECK: scf.if %[[FEW]]
// CHECK:   scf.forall {{.*}} shared_outs(%{{.*}} = %[[OUT]])
// CHECK:   attn.step {{.*}} form = row
// CHECK: } else {
// CHECK:   scf.forall {{.*}} shared_outs(%{{.*}} = %[[OUT]])
// CHECK:   attn.step {{.*}} rows = 6>
func.func @few(%q: tensor<8x?x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
      few(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, heads = 4>)
    : (tensor<8x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// The scales of quantised keys and values are those of the head of the keys, with
// and without a batch.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[KS:[a-z0-9]+]]: tensor<2x2x300xf32>, %[[VS:[a-z0-9]+]]: tensor<2x2x300xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %{{.*}}) in
// CHECK-DAG: %[[KH:.*]] = affine.apply #{{.*}}(%[[H]])
// CHECK-DAG: %[[KST:.*]] = tensor.extract_slice %[[KS]][%[[B]], %[[KH]], 0] [1, 1, 300] [1, 1, 1] : tensor<2x2x300xf32> to tensor<300xf32>
// CHECK-DAG: %[[VST:.*]] = tensor.extract_slice %[[VS]][%[[B]], %[[KH]], 0] [1, 1, 300] [1, 1, 1] : tensor<2x2x300xf32> to tensor<300xf32>
// CHECK: attn.step {{.*}} key_scale(%[[KST]] : tensor<300xf32>) value_scale(%[[VST]] : tensor<300xf32>) {{.*}} tensor<300x64xi8>, tensor<300x24xf8E4M3FN>
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, 0] [1, %{{.*}}] [1, 1] : tensor<2x?xf32> to tensor<?xf32>
// CHECK: attn.step
func.func @scales(%ks: tensor<2x2x300xf32>, %vs: tensor<2x2x300xf32>, %q: tensor<2x8x1000x64xf32>, %k: tensor<2x2x300x64xi8>, %v: tensor<2x2x300x24xf8E4M3FN>,
                  %x: tensor<8x?x64xf32>, %y: tensor<2x?x64xi8>, %ys: tensor<2x?xf32>) -> (tensor<2x8x1000x24xf32>, tensor<8x?x64xf32>) {
  %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<2x2x300xf32>) value_scale(%vs : tensor<2x2x300xf32>) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<2x8x1000x64xf32>, tensor<2x2x300x64xi8>, tensor<2x2x300x24xf8E4M3FN>) -> tensor<2x8x1000x24xf32>
  %p = attn.sdpa %x, %y, %y key_scale(%ys : tensor<2x?xf32>) value_scale(%ys : tensor<2x?xf32>) schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<2x?x64xi8>, tensor<2x?x64xi8>) -> tensor<8x?x64xf32>
  return %o, %p : tensor<2x8x1000x24xf32>, tensor<8x?x64xf32>
}

// Parts of 256 keys: cells of their own, whose normalised results are merged. The
// sink joins there, once. A part stands where its keys stand.
// CHECK-LABEL: func @parts
// CHECK-SAME: %[[Q:.*]]: tensor<2x1x64xbf16>, %[[K:.*]]: tensor<2x1000x64xbf16>, %[[V:.*]]: tensor<2x1000x64xbf16>, %[[SINK:.*]]: tensor<2xf32>
// CHECK-DAG: %[[PARTS:.*]] = tensor.empty() : tensor<4x2x1x64xf32>
// CHECK-DAG: %[[LSES:.*]] = tensor.empty() : tensor<4x2x1xf32>
// CHECK: %[[FOLDS:.*]]:2 = scf.forall (%{{.*}}, %[[H:.*]], %{{.*}}, %[[S:.*]]) in (1, 2, 1, 4) shared_outs(%{{.*}} = %[[PARTS]], %{{.*}} = %[[LSES]])
// CHECK-DAG: %[[FIRST:.*]] = affine.apply #{{.*}}(%[[S]])
// CHECK-DAG: %[[COUNT:.*]] = affine.min #{{.*}}(%[[S]])
// CHECK: tensor.extract_slice %{{.*}}[%[[FIRST]], 0] [%[[COUNT]], 64]
// CHECK: attn.step {{.*}} mask(cols<900>)
// CHECK: attn.finish
// CHECK-NOT: sink
// CHECK: tensor.parallel_insert_slice %{{.*}} into %{{.*}}[%[[S]], %[[H]], %{{.*}}, 0] [1, 1, %{{.*}}, 64]
// CHECK: attn.merge_parts %[[FOLDS]]#0, %[[FOLDS]]#1 sink(%[[SINK]] : tensor<2xf32>) outs(%{{.*}} : tensor<2x1x64xbf16>)
func.func @parts(%q: tensor<2x1x64xbf16>, %k: tensor<2x1000x64xbf16>, %v: tensor<2x1000x64xbf16>, %s: tensor<2xf32>) -> tensor<2x1x64xbf16> {
  %o = attn.sdpa %q, %k, %v mask(cols<900>) sink(%s : tensor<2xf32>)
      schedule(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, split = 256>)
    : (tensor<2x1x64xbf16>, tensor<2x1000x64xbf16>, tensor<2x1000x64xbf16>) -> tensor<2x1x64xbf16>
  return %o : tensor<2x1x64xbf16>
}

// Without softmax scores are in no units of log2, and parts leave sums, which are added.
// CHECK-LABEL: func @unnormalized
// CHECK: %[[FOLDS:.*]] = scf.forall {{.*}} -> (tensor<4x2x1x64xf32>)
// CHECK: attn.init %{{.*}} factor(1.250000e-01) normalize(none)
// CHECK: attn.step {{.*}} normalize(none)
// CHECK: attn.merge_parts %[[FOLDS]] outs(%{{.*}} : tensor<2x1x64xbf16>)
func.func @unnormalized(%q: tensor<2x1x64xbf16>, %k: tensor<2x1000x64xbf16>, %v: tensor<2x1000x64xbf16>) -> tensor<2x1x64xbf16> {
  %o = attn.sdpa %q, %k, %v normalize(none)
      schedule(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, split = 256>)
    : (tensor<2x1x64xbf16>, tensor<2x1000x64xbf16>, tensor<2x1000x64xbf16>) -> tensor<2x1x64xbf16>
  return %o : tensor<2x1x64xbf16>
}

// Tiles that are boxes of a grid of 10 x 12 points, 3 x 3 of them, those at the end of the
// first axis cut off: queries and results are seen as grids, keys stay whole. Queries and
// keys say where they stand, a lane each and those of a product of intervals.
// CHECK-LABEL: func @boxes
// CHECK-SAME: %[[Q:.*]]: tensor<8x120x64xf32>, %[[K:.*]]: tensor<2x120x64xf32>
// CHECK: %[[GRID:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2], [3]] {{.*}} into tensor<8x10x12x64xf32>
// CHECK: %[[OUT:.*]] = scf.forall (%{{.*}}, %[[H:.*]], %[[BOX:.*]]) in (1, 8, 9) shared_outs(%{{.*}} = %[[GRID]])
// CHECK-DAG: %[[Y:.*]] = affine.apply #{{.*}}(%[[BOX]])
// CHECK-DAG: %[[HEIGHT:.*]] = affine.min #{{.*}}(%[[BOX]])
// CHECK: %[[POINTS:.*]] = tensor.expand_shape %[[Q]]
// CHECK: %[[TILE:.*]] = tensor.extract_slice %[[POINTS]][%[[H]], %{{.*}}, %{{.*}}, 0] [1, %{{.*}}, 4, 64] {{.*}} to tensor<?x4x64xf32>
// CHECK: %[[WRITTEN:.*]]:2 = scf.for {{.*}} -> (tensor<16xi32>, index)
// CHECK: %[[QS:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[WRITTEN]]#0) -> (tensor<16xi32>)
// CHECK: %[[KS:.*]]:2 = scf.for {{.*}} -> (tensor<?xi32>, index)
// CHECK: tensor.extract_slice %[[K]]
// CHECK: attn.init %[[TILE]]
// CHECK: attn.step {{.*}} places(%[[QS]], %[[KS]]#0 : tensor<16xi32>, tensor<?xi32>) mask(grid<[10, 12], [near<3>, near<5>]>)
// CHECK: attn.finish {{.*}} outs(%{{.*}} : tensor<?x4x64xf32>)
// CHECK: tensor.parallel_insert_slice
// CHECK: tensor.collapse_shape %[[OUT]] {{\[\[}}0], [1, 2], [3]] : tensor<8x10x12x64xf32> into tensor<8x120x64xf32>
func.func @boxes(%q: tensor<8x120x64xf32>, %k: tensor<2x120x64xf32>) -> tensor<8x120x64xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[10, 12], [near<3>, near<5>]>) schedule(#attn.schedule<query_block = 16, key_block = 48, panel = 16, rows = 6, box = [4, 4]>)
    : (tensor<8x120x64xf32>, tensor<2x120x64xf32>, tensor<2x120x64xf32>) -> tensor<8x120x64xf32>
  return %o : tensor<8x120x64xf32>
}
