// RUN: attn-opt %s --attn-walk-block-lists | FileCheck %s
// RUN: attn-opt %s --attn-walk-block-lists --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-DAG: #[[FOURTH:.*]] = affine_map<()[s0] -> (s0 floordiv 4)>

!state = tensor<1x16xf32>
!acc = tensor<1x24x16xf32>
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>

// A step becomes a loop over the entries of its row of blocks. An entry that follows on
// the one before belongs to its run; for others the end of the run is looked for, and a
// step without a mask folds its keys. What is not listed counts as tiles, not visited.
// CHECK-LABEL: func @alone
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<1x8x16xf32>, %[[K:[a-z0-9]+]]: tensor<?x8xf32>, %[[V:[a-z0-9]+]]: tensor<?x24xf32>
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %[[I:[a-z0-9]+]]: index
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<1x?x?xi32>, %[[C:[a-z0-9]+]]: tensor<?xi32>
// CHECK: %[[T:.*]] = affine.apply #{{.*}}()[%[[I]]]
// CHECK: %[[LO32:.*]] = tensor.extract %[[R]][%{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: %[[LO:.*]] = arith.index_cast %[[LO32]]
// CHECK: %[[HI32:.*]] = tensor.extract %[[R]][%{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: %[[HI:.*]] = arith.index_cast %[[HI32]]
// CHECK: %[[WALK:.*]]:4 = scf.for %[[E:.*]] = %[[LO]] to %[[HI]] step %{{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[M:.*]] = %{{.*}}, %[[S:.*]] = %{{.*}}, %[[TILES:.*]] = %{{.*}})
// CHECK:   tensor.extract %[[C]][%[[E]]]
// CHECK:   %[[FOLLOWS:.*]] = arith.cmpi eq
// CHECK:   scf.if %[[FOLLOWS]]
// CHECK:     scf.yield %[[A]], %[[M]], %[[S]], %[[TILES]]
// CHECK:   } else {
// CHECK:     scf.while
// CHECK:     %[[KEYS:.*]] = tensor.extract_slice %[[K]][%[[J:.*]], 0] [%[[COUNT:.*]], 8] [1, 1]
// CHECK:     tensor.extract_slice %[[V]][%[[J]], 0] [%[[COUNT]], 24] [1, 1]
// CHECK:     attn.step %[[Q]], %[[KEYS]]
// CHECK-NOT: mask(
// CHECK: attn.record_tiles
// CHECK: return %[[WALK]]#0
// REMARK: remark: only blocks of 16 by 32 that are listed are visited, in runs of neighbours, with no mask on them
func.func @alone(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %b: index, %h: index, %i: index, %m: index, %n: index, %a: !acc, %max: !state, %sum: !state, %r: tensor<1x?x?xi32>, %c: tensor<?xi32>) -> !acc {
  %c0 = arith.constant 0 : index
  %0:3 = attn.step %q, %k, %v at(%b, %h, %i, %c0) of(%m, %n) position(%c0) rows(%m)
    mask(blocks<16, 32>(%r : tensor<1x?x?xi32>, %c : tensor<?xi32>)) outs(%a, %max, %sum : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %0#0 : !acc
}

// What the mask says beside the list stays with each run; operands that only the list
// needed go.
// CHECK-LABEL: func @rest
// CHECK-SAME: %[[N:[a-z0-9]+]]: tensor<1xi32>, %[[R:[a-z0-9]+]]: tensor<1x1x?xi32>
// CHECK: attn.step {{.*}} mask(all(causal, lens(%[[N]] : tensor<1xi32>))) outs
// REMARK: remark: only blocks of 16 by 32 that are listed are visited, in runs of neighbours, with mask #attn.all{{.*}} on them
func.func @rest(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %b: index, %h: index, %i: index, %m: index, %n: index, %a: !acc, %max: !state, %sum: !state, %l: tensor<1xi32>, %r: tensor<1x1x?xi32>, %c: tensor<?xi32>) -> !acc {
  %c0 = arith.constant 0 : index
  %0:3 = attn.step %q, %k, %v at(%b, %h, %i, %c0) of(%m, %n) position(%c0) rows(%m)
    mask(all(causal, blocks<16, 32>(%r : tensor<1x1x?xi32>, %c : tensor<?xi32>), lens(%l : tensor<1xi32>))) outs(%a, %max, %sum : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %0#0 : !acc
}

// A list that is not a conjunct, or the second of two, is looked up pair by pair.
// CHECK-LABEL: func @elsewhere
// CHECK-NOT: scf.for
// CHECK: attn.step {{.*}} mask(any(causal, blocks<16, 32>(
// REMARK: remark: a list of blocks is looked up pair by pair: only one that stands alone or in all(...) is walked
func.func @elsewhere(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %max: !state, %sum: !state, %r: tensor<1x1x?xi32>, %c: tensor<?xi32>) -> !acc {
  %0:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i)
    mask(any(causal, blocks<16, 32>(%r : tensor<1x1x?xi32>, %c : tensor<?xi32>))) outs(%a, %max, %sum : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %0#0 : !acc
}

// CHECK-LABEL: func @two
// CHECK: scf.for
// CHECK: attn.step {{.*}} mask(blocks<8, 8>(
// REMARK: remark: a list of blocks is looked up pair by pair
func.func @two(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %i: index, %a: !acc, %max: !state, %sum: !state, %r: tensor<1x1x?xi32>, %c: tensor<?xi32>) -> !acc {
  %0:3 = attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i)
    mask(all(blocks<16, 32>(%r : tensor<1x1x?xi32>, %c : tensor<?xi32>), blocks<8, 8>(%r : tensor<1x1x?xi32>, %c : tensor<?xi32>))) outs(%a, %max, %sum : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %0#0 : !acc
}

// The list of four heads: that of head h is number h / 4.
// CHECK-LABEL: func @groups
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %[[I:[a-z0-9]+]]: index
// CHECK: %[[LIST:.*]] = affine.apply #[[FOURTH]]()[%[[H]]]
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %[[LIST]], %{{.*}}] : tensor<1x2x?xi32>
func.func @groups(%q: tensor<1x8x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x24xf32>, %b: index, %h: index, %i: index, %m: index, %n: index, %a: !acc, %max: !state, %sum: !state, %r: tensor<1x2x?xi32>, %c: tensor<?xi32>) -> !acc {
  %c0 = arith.constant 0 : index
  %0:3 = attn.step %q, %k, %v at(%b, %h, %i, %c0) of(%m, %n) position(%c0) rows(%m)
    mask(blocks<16, 32, 4>(%r : tensor<1x2x?xi32>, %c : tensor<?xi32>)) outs(%a, %max, %sum : !acc, !state, !state) schedule(#cut)
    : tensor<1x8x16xf32>, tensor<?x8xf32>, tensor<?x24xf32> -> (!acc, !state, !state)
  return %0#0 : !acc
}
