// RUN: attn-opt %s --canonicalize --attn-lower-parts --canonicalize | FileCheck %s

// CHECK-DAG: #[[CEIL:.*]] = affine_map<()[s0] -> (s0 ceildiv 32)>
// CHECK-DAG: #[[TIMES:.*]] = affine_map<(d0) -> (d0 * 32)>
// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0)[s0] -> (d0 * -32 + s0, 32)>

// Products, scores, maxima, exponentials, sums and the quotient, in f32. A
// masked pair has score -inf, and an exponential of 0 whatever the maximum is.
// CHECK-LABEL: func @weights(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<1x4x?x8xf32>, %[[K:[^:]*]]: tensor<1x4x?x8xf32>)
// CHECK-DAG:     %[[NONE:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant 0.353553385 : f32
// CHECK:         %[[T:.*]] = linalg.generic {{.*}} "reduction"{{.*}} ins(%[[Q]], %[[K]]
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} ins(%[[T]] : tensor<1x4x?x?xf32>)
// CHECK:           %[[I:.*]] = linalg.index 2
// CHECK:           %[[J:.*]] = linalg.index 3
// CHECK:           %[[SCALED:.*]] = arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK:           %[[KEEP:.*]] = arith.cmpi sle, %[[J]], %[[I]] : index
// CHECK:           arith.select %[[KEEP]], %[[SCALED]], %[[NONE]] : f32
// CHECK:         %[[M:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<1x4x?x?xf32>)
// CHECK:           arith.maximumf
// CHECK:         %[[E:.*]] = linalg.generic {{.*}} ins(%[[S]], %[[M]]
// CHECK:           %[[EXP:.*]] = math.exp
// CHECK:           %[[MASKED:.*]] = arith.cmpf oeq, %{{.*}}, %[[NONE]] : f32
// CHECK:           arith.select %[[MASKED]], %[[ZERO]], %[[EXP]] : f32
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[E]] : tensor<1x4x?x?xf32>)
// CHECK:           arith.addf
// CHECK:         %[[P:.*]] = linalg.generic {{.*}} ins(%[[E]], %[[SUM]]
// CHECK:           %[[EMPTY:.*]] = arith.cmpf oeq, %[[L:.*]], %[[ZERO]] : f32
// CHECK:           %[[QUOTIENT:.*]] = arith.divf %{{.*}}, %[[L]]
// CHECK:           arith.select %[[EMPTY]], %[[ZERO]], %[[QUOTIENT]]
// CHECK:         return %[[P]]
func.func @weights(%q: tensor<1x4x?x8xf32>, %k: tensor<1x4x?x8xf32>) -> tensor<1x4x?x?xf32> {
  %p = attn.weights %q, %k mask(causal) align(top_left) : (tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x?x?xf32>
  return %p : tensor<1x4x?x?xf32>
}

// The order of the clauses: scale, softcap, bias, mask. A sink joins the maximum
// and the sum. Query head h reads key head h / 2; a bias of extent 1 serves all.
// CHECK-LABEL: func @clauses(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<1x4x5x8xf16>, %[[K:[^:]*]]: tensor<1x2x6x8xf16>, %[[B:[^:]*]]: tensor<1x1x5x6xf16>, %[[S:[^:]*]]: tensor<4xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// CHECK:           %[[H:.*]] = linalg.index 1
// CHECK:           %[[KH:.*]] = arith.divui %[[H]], %[[C2]] : index
// CHECK:           tensor.extract %[[K]][%{{.*}}, %[[KH]], %{{.*}}, %{{.*}}]
// CHECK:           %[[SCALED:.*]] = arith.mulf
// CHECK:           %[[RATIO:.*]] = arith.divf %[[SCALED]]
// CHECK:           %[[TANH:.*]] = math.tanh %[[RATIO]]
// CHECK:           %[[CAPPED:.*]] = arith.mulf %[[TANH]]
// CHECK:           %[[ELEMENT:.*]] = tensor.extract %[[B]][%[[C0]], %[[C0]], %{{.*}}, %{{.*}}]
// CHECK:           %[[WIDE:.*]] = arith.extf %[[ELEMENT]] : f16 to f32
// CHECK:           %[[BIASED:.*]] = arith.addf %[[CAPPED]], %[[WIDE]]
// CHECK:           arith.select %{{.*}}, %[[BIASED]]
// CHECK:         %[[INIT:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<4xf32>)
// CHECK:         linalg.generic {{.*}} outs(%[[INIT]] : tensor<1x4x5xf32>)
// CHECK:           arith.maximumf
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[S]] : tensor<1x4x5xf32>, tensor<4xf32>)
// CHECK:           math.exp
// CHECK:           arith.truncf %{{.*}} : f32 to f16
func.func @clauses(%q: tensor<1x4x5x8xf16>, %k: tensor<1x2x6x8xf16>, %b: tensor<1x1x5x6xf16>, %s: tensor<4xf32>) -> tensor<1x4x5x6xf16> {
  %p = attn.weights %q, %k mask(cols<3>) scale(0.5) softcap(30.0) bias(%b : tensor<1x1x5x6xf16>) sink(%s : tensor<4xf32>)
    : (tensor<1x4x5x8xf16>, tensor<1x2x6x8xf16>) -> tensor<1x4x5x6xf16>
  return %p : tensor<1x4x5x6xf16>
}

// A score program gets the absolute row: the raw one plus the batch's offset.
// CHECK-LABEL: func @program(
// CHECK-SAME:    %[[O:[^:]*]]: tensor<?xi32>)
// CHECK:           %[[OFFSET:.*]] = tensor.extract %[[O]]
// CHECK:           %[[SHIFT:.*]] = arith.index_cast %[[OFFSET]] : i32 to index
// CHECK:           %[[POSITION:.*]] = affine.apply #{{.*}}(%[[SHIFT]])[%{{.*}}]
// CHECK:           arith.index_cast %[[POSITION]] : index to i32
// CHECK:           arith.sitofp %{{.*}} : i32 to f32
func.func @program(%q: tensor<?x4x5x8xf32>, %o: tensor<?xi32>) -> tensor<?x4x5x5xf32> {
  %p = attn.weights %q, %q offset(%o : tensor<?xi32>) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    %y = arith.addf %s, %f : f32
    attn.yield %y : f32
  } : (tensor<?x4x5x8xf32>, tensor<?x4x5x8xf32>) -> tensor<?x4x5x5xf32>
  return %p : tensor<?x4x5x5xf32>
}

// One pass over the rows gives the merged log-sum-exp and each part's share; a
// part with share 0 does not reach the sum, whatever it holds.
// CHECK-LABEL: func @merge(
// CHECK-SAME:    %[[O0:[^:]*]]: tensor<?x8x?x64xbf16>, %[[L0:[^:]*]]: tensor<?x8x?xf32>, %[[O1:[^:]*]]: tensor<?x8x?x64xbf16>, %[[L1:[^:]*]]: tensor<?x8x?xf32>)
// CHECK:         %[[ROWS:.*]]:3 = linalg.generic {{.*}} ins(%[[L0]], %[[L1]]
// CHECK:           arith.maximumf
// CHECK-COUNT-2:   math.exp
// CHECK:           math.log
// CHECK-COUNT-2:   arith.divf
// CHECK:         %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[O0]], %[[O1]], %[[ROWS]]#1, %[[ROWS]]#2
// CHECK-COUNT-2:   arith.select
// CHECK:           arith.truncf %{{.*}} : f32 to bf16
// CHECK:         return %[[OUT]], %[[ROWS]]#0
func.func @merge(%o0: tensor<?x8x?x64xbf16>, %l0: tensor<?x8x?xf32>, %o1: tensor<?x8x?x64xbf16>, %l1: tensor<?x8x?xf32>) -> (tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>) {
  %o, %l = attn.merge (%o0, %l0), (%o1, %l1) : tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>
  return %o, %l : tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>
}

// The merge of one part is the part.
// CHECK-LABEL: func @merge_one(
// CHECK-SAME:    %[[O:[^:]*]]: tensor<8x4x64xf32>, %[[L:[^:]*]]: tensor<8x4xf32>)
// CHECK-NEXT:    return %[[O]], %[[L]]
func.func @merge_one(%o0: tensor<8x4x64xf32>, %l0: tensor<8x4xf32>) -> (tensor<8x4x64xf32>, tensor<8x4xf32>) {
  %o, %l = attn.merge (%o0, %l0) : tensor<8x4x64xf32>, tensor<8x4xf32>
  return %o, %l : tensor<8x4x64xf32>, tensor<8x4xf32>
}

// Rows are rotated in cells of 32 rows of all heads, next to the same rows of the tables.
// CHECK-LABEL: func @rope_half(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8x?x64xf32>, %[[COS:[^:]*]]: tensor<?x32xf32>, %[[SIN:[^:]*]]: tensor<?x32xf32>)
// CHECK:         %[[BLOCKS:.*]] = affine.apply #[[CEIL]]()[%{{.*}}]
// CHECK:         %[[R:.*]] = scf.forall (%[[B:.*]], %[[T:.*]]) in (%{{.*}}, %[[BLOCKS]]) shared_outs(%[[O:.*]] = %{{.*}})
// CHECK:           %[[ROW:.*]] = affine.apply #[[TIMES]](%[[T]])
// CHECK:           %[[COUNT:.*]] = affine.min #[[LEFT]](%[[T]])
// CHECK:           %[[TILE:.*]] = tensor.extract_slice %[[X]][%[[B]], 0, %[[ROW]], 0] [1, 8, %[[COUNT]], 64] [1, 1, 1, 1]
// CHECK:           %[[C:.*]] = tensor.extract_slice %[[COS]][%[[ROW]], 0] [%[[COUNT]], 32] [1, 1]
// CHECK:           %[[S:.*]] = tensor.extract_slice %[[SIN]][%[[ROW]], 0] [%[[COUNT]], 32] [1, 1]
// CHECK:           %[[OUT:.*]] = tensor.extract_slice %[[O]][%[[B]], 0, %[[ROW]], 0] [1, 8, %[[COUNT]], 64] [1, 1, 1, 1]
// CHECK:           %[[DONE:.*]] = attn.rotate %[[TILE]], %[[C]], %[[S]] outs(%[[OUT]] : tensor<8x?x64xf32>) layout(half)
// CHECK:           tensor.parallel_insert_slice %[[DONE]] into %[[O]][%[[B]], 0, %[[ROW]], 0]
// CHECK:         return %[[R]]
func.func @rope_half(%x: tensor<?x8x?x64xf32>, %cos: tensor<?x32xf32>, %sin: tensor<?x32xf32>) -> tensor<?x8x?x64xf32> {
  %r = attn.rope %x, %cos, %sin layout(half) : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  return %r : tensor<?x8x?x64xf32>
}

// Few rows without batches are one cell, and need no grid.
// CHECK-LABEL: func @rope_interleaved(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<8x4x80xbf16>
// CHECK-NOT:     scf.forall
// CHECK:         %[[R:.*]] = attn.rotate %[[X]], {{.*}} layout(interleaved)
// CHECK:         return %[[R]]
func.func @rope_interleaved(%x: tensor<8x4x80xbf16>, %cos: tensor<4x16xf32>, %sin: tensor<4x16xf32>) -> tensor<8x4x80xbf16> {
  %r = attn.rope %x, %cos, %sin layout(interleaved) : tensor<8x4x80xbf16>, tensor<4x16xf32>, tensor<4x16xf32>
  return %r : tensor<8x4x80xbf16>
}

// A grid over the rows of the result: each adds the rows of its block up in f32, and
// divides.
// CHECK-LABEL: func @compress(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8x?x64xbf16>
// CHECK:         %[[R:.*]] = scf.forall (%[[B:.*]], %[[H:.*]], %[[C:.*]]) in (%{{.*}}, 8, %{{.*}}) shared_outs(%[[O:.*]] = %{{.*}})
// CHECK:           %[[FIRST:.*]] = affine.apply {{.*}}(%[[C]])
// CHECK:           %[[BLOCK:.*]] = tensor.extract_slice %[[X]][%[[B]], %[[H]], %[[FIRST]], 0] [1, 1, 32, 64] [1, 1, 1, 1]
// CHECK:           %[[ZEROS:.*]] = linalg.fill {{.*}} -> tensor<64xf32>
// CHECK:           %[[SUM:.*]] = linalg.generic {{.*}} ["reduction", "parallel"]{{.*}} ins(%[[BLOCK]] : tensor<32x64xbf16>) outs(%[[ZEROS]]
// CHECK:             arith.extf
// CHECK:             arith.addf {{.*}} : f32
// CHECK:           %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<64xf32>)
// CHECK:             arith.divf {{.*}} : f32
// CHECK:             arith.truncf
// CHECK:           tensor.parallel_insert_slice %[[MEAN]] into %[[O]][%[[B]], %[[H]], %[[C]], 0]
// CHECK:         return %[[R]]
func.func @compress(%x: tensor<?x8x?x64xbf16>) -> tensor<?x8x?x64xbf16> {
  %c = attn.compress %x length(32) stride(16) : tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xbf16>
  return %c : tensor<?x8x?x64xbf16>
}

// Mechanisms are not this pass's business.
// CHECK-LABEL: func @sdpa(
// CHECK:         attn.sdpa
func.func @sdpa(%q: tensor<8x4x64xf32>) -> tensor<8x4x64xf32> {
  %o = attn.sdpa %q, %q, %q : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x64xf32>
  return %o : tensor<8x4x64xf32>
}

// The keys of quantised weights are multiplied out in f32.
// CHECK-LABEL: func @quantised(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<2x4x8xf16>, %[[K:[^:]*]]: tensor<2x4x8xi8>, %[[S:[^:]*]]: tensor<2x4xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[K]], %[[S]] : {{.*}}) outs(%{{.*}} : tensor<2x4x8xf32>)
// CHECK:           arith.sitofp %{{.*}} : i8 to f32
func.func @quantised(%q: tensor<2x4x8xf16>, %k: tensor<2x4x8xi8>, %s: tensor<2x4xf32>) -> tensor<2x4x4xf16> {
  %p = attn.weights %q, %k key_scale(%s : tensor<2x4xf32>) : (tensor<2x4x8xf16>, tensor<2x4x8xi8>) -> tensor<2x4x4xf16>
  return %p : tensor<2x4x4xf16>
}

// Mixtures of rows are products, of as many columns as there are rows.
// CHECK-LABEL: func @mixture(
// CHECK-SAME:    %[[X:[^:]*]]: tensor<2x3x?x8xf32>, %[[E:[^:]*]]: tensor<5x50xf32>
// CHECK:         %[[USED:.*]] = tensor.extract_slice %[[E]][0, 0] [5, %{{.*}}] [1, 1]
// CHECK:         attn.head_product %[[USED]], %[[X]] outs(
func.func @mixture(%x: tensor<2x3x?x8xf32>, %e: tensor<5x50xf32>) -> tensor<2x3x5x8xf32> {
  %c = attn.compress %x matrix(%e : tensor<5x50xf32>) : tensor<2x3x?x8xf32> -> tensor<2x3x5x8xf32>
  return %c : tensor<2x3x5x8xf32>
}

// The steps of an inverse are products of all matrices at a time, four a step.
// CHECK-LABEL: func @pinv(
// CHECK-SAME:    %[[A:[^:]*]]: tensor<4x?x?xf32>
// CHECK:         %[[START:.*]] = scf.forall
// CHECK:         scf.for {{.*}} iter_args(%[[Z:.*]] = %[[START]])
// CHECK:           %[[AZ:.*]] = attn.head_product %[[A]], %[[Z]] outs(
// CHECK:           attn.head_product %[[AZ]], %{{.*}} factor(-1.000000e+00) diagonal(1.500000e+01)
// CHECK:           %[[T:.*]] = attn.head_product %[[AZ]], %{{.*}} factor(-1.000000e+00) diagonal(1.300000e+01)
// CHECK:           attn.head_product %[[Z]], %[[T]] factor(2.500000e-01)
// CHECK:           scf.yield
func.func @pinv(%a: tensor<4x?x?xf32>) -> tensor<4x?x?xf32> {
  %z = attn.pinv %a iters(6) : tensor<4x?x?xf32>
  return %z : tensor<4x?x?xf32>
}

// Elimination is loops on one matrix a cell.
// CHECK-LABEL: func @eliminated(
// CHECK:         scf.forall (%{{.*}}) in (4)
// CHECK:           scf.for
// CHECK:             scf.for {{.*}} -> (index, f32)
// CHECK-NOT:     attn.head_product
func.func @eliminated(%a: tensor<4x?x?xf32>) -> tensor<4x?x?xf32> {
  %z = attn.pinv %a solve(lu) : tensor<4x?x?xf32>
  return %z : tensor<4x?x?xf32>
}
