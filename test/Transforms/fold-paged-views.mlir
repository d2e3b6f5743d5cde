// RUN: attn-opt %s --attn-partition-grid --attn-tile-keys --attn-specialize-blocks --canonicalize --cse --attn-fold-paged-views --canonicalize | FileCheck %s
// RUN: attn-opt %s --attn-partition-grid --attn-tile-keys --attn-specialize-blocks --attn-fold-paged-views --attn-explain 2>&1 | FileCheck %s --check-prefix=WHY

// A block of keys is a page: the entry of the table is read where the block is
// visited, and the block is a slice of the page it names. Grouped heads: query head h
// reads head h / 4.
// CHECK-LABEL: func @page_a_block
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<?x8x?x64xf32>, %[[KP:[^ ]+]]: tensor<?x16x2x64xf32>, %[[VP:[^ ]+]]: tensor<?x16x2x32xf32>, %[[T:[^ ]+]]: tensor<?x?xi32>
// CHECK-NOT: attn.paged_view
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %{{.*}}) in
// CHECK: %[[HK:.*]] = affine.apply {{.*}}(%[[H]])
// CHECK: scf.for %[[J:.*]] = %c0 to
// CHECK: %[[N:.*]] = affine.apply {{.*}}(%[[J]])
// CHECK: %[[ENTRY:.*]] = tensor.extract %[[T]][%[[B]], %[[N]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast %[[ENTRY]]
// CHECK: %[[K:.*]] = tensor.extract_slice %[[KP]][%[[PAGE]], 0, %[[HK]], 0] [1, 16, 1, 64] [1, 1, 1, 1] : tensor<?x16x2x64xf32> to tensor<16x64xf32>
// CHECK: %[[V:.*]] = tensor.extract_slice %[[VP]]
// CHECK: attn.step %{{.*}}, %[[K]], %[[V]] at
func.func @page_a_block(%q: tensor<?x8x?x64xf32>, %kp: tensor<?x16x2x64xf32>, %vp: tensor<?x16x2x32xf32>, %t: tensor<?x?xi32>, %n: tensor<?xi32>) -> tensor<?x8x?x32xf32> {
  %k = attn.paged_view %kp, %t : tensor<?x16x2x64xf32>, tensor<?x?xi32> -> tensor<?x2x?x64xf32>
  %v = attn.paged_view %vp, %t : tensor<?x16x2x32xf32>, tensor<?x?xi32> -> tensor<?x2x?x32xf32>
  %o = attn.sdpa %q, %k, %v mask(lens(%n : tensor<?xi32>)) schedule(#attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 6>) : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x32xf32>) -> tensor<?x8x?x32xf32>
  return %o : tensor<?x8x?x32xf32>
}

// Blocks of 64 keys in pages of 256: the slice starts inside of the page. Several
// disjuncts are walked in a loop around, and still start at multiples of 64.
// CHECK-LABEL: func @parts_of_pages
// CHECK-SAME: %[[P:[^ ]+]]: tensor<?x256x1x64xf32>
// CHECK-NOT: attn.paged_view
// CHECK: affine.apply #[[MOD:.*]](%{{.*}})
// CHECK: tensor.extract_slice %[[P]][%{{.*}}, %{{.*}}, 0, 0] [1, {{.*}}, 1, 64]
func.func @parts_of_pages(%q: tensor<1x1x?x64xf32>, %p: tensor<?x256x1x64xf32>, %t: tensor<1x?xi32>) -> tensor<1x1x?x64xf32> {
  %k = attn.paged_view %p, %t : tensor<?x256x1x64xf32>, tensor<1x?xi32> -> tensor<1x1x?x64xf32>
  %o = attn.sdpa %q, %k, %k mask(any(cols<7>, window<9, 0>)) align(bottom_right) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>) : (tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>) -> tensor<1x1x?x64xf32>
  return %o : tensor<1x1x?x64xf32>
}

// The scales of quantised keys are cut in the same way.
// CHECK-LABEL: func @scales
// CHECK-SAME: %[[S:[^ ]+]]: tensor<?x16x1xf32>
// CHECK: tensor.extract_slice %[[S]][%{{.*}}, 0, 0] [1, {{.*}}, 1] [1, 1, 1] : tensor<?x16x1xf32> to tensor<
func.func @scales(%q: tensor<1x1x?x64xf32>, %p: tensor<?x16x1x64xi8>, %s: tensor<?x16x1xf32>, %t: tensor<1x?xi32>) -> tensor<1x1x?x64xf32> {
  %k = attn.paged_view %p, %t : tensor<?x16x1x64xi8>, tensor<1x?xi32> -> tensor<1x1x?x64xi8>
  %ks = attn.paged_view %s, %t : tensor<?x16x1xf32>, tensor<1x?xi32> -> tensor<1x1x?xf32>
  %o = attn.sdpa %q, %k, %k key_scale(%ks : tensor<1x1x?xf32>) value_scale(%ks : tensor<1x1x?xf32>) schedule(#attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 6>) : (tensor<1x1x?x64xf32>, tensor<1x1x?x64xi8>, tensor<1x1x?x64xi8>) -> tensor<1x1x?x64xf32>
  return %o : tensor<1x1x?x64xf32>
}

// Nothing is folded where something takes the whole view; it will be copied.
// CHECK-LABEL: func @returned
// CHECK: %[[VIEW:.*]] = attn.paged_view
// CHECK: return %[[VIEW]]
// WHY: pages are copied to one tensor: func.return takes the view, only attn.sdpa reads pages where they lie
func.func @returned(%p: tensor<?x16x8x64xf32>, %t: tensor<1x?xi32>) -> tensor<1x8x?x64xf32> {
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xf32>, tensor<1x?xi32> -> tensor<1x8x?x64xf32>
  return %k : tensor<1x8x?x64xf32>
}
