// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=STRICT

// Multi-head latent attention as models write it: keys are columns that a matrix expands
// beside rotated ones, which all heads share. The rotated ones stay apart.
// REMARK: the order around attention becomes (Q Wk^T) C^T, (P C) Wv:
// STRICT: products around attention stay: fp is strict
// CHECK-LABEL: func @latent
// CHECK-SAME: (%[[QN:.*]]: tensor<2x8x1x32xf32>, %[[QR:.*]]: tensor<2x8x1x16xf32>, %[[C:.*]]: tensor<2x1x500x64xf32>, %[[KR:.*]]: tensor<2x500x16xf32>, %[[WK:.*]]: tensor<8x64x32xf32>, %[[WV:.*]]: tensor<8x64x32xf32>)
// CHECK: %[[A:.*]] = attn.head_product %[[QN]], %[[WK]] transposed
// CHECK: %[[A0:.*]] = tensor.insert_slice %[[A]] into %{{.*}}[0, 0, 0, 0] [2, 8, 1, 64]
// CHECK: %[[Q:.*]] = tensor.insert_slice %[[QR]] into %[[A0]][0, 0, 0, 64] [2, 8, 1, 16]
// CHECK: %[[R:.*]] = tensor.expand_shape %[[KR]]
// CHECK: %[[K0:.*]] = tensor.insert_slice %[[C]] into %{{.*}}[0, 0, 0, 0] [2, 1, 500, 64]
// CHECK: %[[K:.*]] = tensor.insert_slice %[[R]] into %[[K0]][0, 0, 0, 64] [2, 1, 500, 16]
// CHECK: %[[P:.*]] = attn.sdpa %[[Q]], %[[K]], %[[C]] mask(causal) align(bottom_right) scale(0.1443
// CHECK: attn.head_product %[[P]], %[[WV]] outs
// CHECK-NOT: linalg.broadcast
func.func @latent(%qn: tensor<2x8x1x32xf32>, %qr: tensor<2x8x1x16xf32>, %c: tensor<2x1x500x64xf32>, %kr: tensor<2x500x16xf32>, %wk: tensor<8x64x32xf32>, %wv: tensor<8x64x32xf32>) -> tensor<2x8x1x32xf32> {
  %i = tensor.empty() : tensor<2x8x500x32xf32>
  %j = tensor.empty() : tensor<2x8x500x16xf32>
  %k = attn.head_product %c, %wk outs(%i : tensor<2x8x500x32xf32>) : tensor<2x1x500x64xf32>, tensor<8x64x32xf32> -> tensor<2x8x500x32xf32>
  %v = attn.head_product %c, %wv outs(%i : tensor<2x8x500x32xf32>) : tensor<2x1x500x64xf32>, tensor<8x64x32xf32> -> tensor<2x8x500x32xf32>
  %r = linalg.broadcast ins(%kr : tensor<2x500x16xf32>) outs(%j : tensor<2x8x500x16xf32>) dimensions = [1]
  %query = tensor.concat dim(3) %qn, %qr : (tensor<2x8x1x32xf32>, tensor<2x8x1x16xf32>) -> tensor<2x8x1x48xf32>
  %key = tensor.concat dim(3) %k, %r : (tensor<2x8x500x32xf32>, tensor<2x8x500x16xf32>) -> tensor<2x8x500x48xf32>
  %o = attn.sdpa %query, %key, %v mask(causal) align(bottom_right) : (tensor<2x8x1x48xf32>, tensor<2x8x500x48xf32>, tensor<2x8x500x32xf32>) -> tensor<2x8x1x32xf32>
  return %o : tensor<2x8x1x32xf32>
}

// -----

// Columns that are put in place, rotated ones in front, queries as one tensor: these are
// cut where keys are.
// CHECK-LABEL: func @slices
// CHECK-SAME: (%[[Q:.*]]: tensor<4x1x24xf32>, %[[C:.*]]: tensor<4x?x20xf32>, %[[KR:.*]]: tensor<4x?x8xf32>, %[[W:.*]]: tensor<4x20x16xf32>, %[[V:.*]]: tensor<4x?x16xf32>
// CHECK: } else {
// CHECK: %[[QN:.*]] = tensor.extract_slice %[[Q]][0, 0, 8] [4, 1, 16]
// CHECK: %[[A:.*]] = attn.head_product %[[QN]], %[[W]] transposed
// CHECK: %[[QR:.*]] = tensor.extract_slice %[[Q]][0, 0, 0] [4, 1, 8]
// CHECK: %[[Q0:.*]] = tensor.insert_slice %[[QR]] into %{{.*}}[0, 0, 0]
// CHECK: %[[Q1:.*]] = tensor.insert_slice %[[A]] into %[[Q0]][0, 0, 8]
// CHECK: %[[K0:.*]] = tensor.insert_slice %[[KR]] into %{{.*}}[0, 0, 0]
// CHECK: %[[K1:.*]] = tensor.insert_slice %[[C]] into %[[K0]][0, 0, 8]
// CHECK: attn.sdpa %[[Q1]], %[[K1]], %[[V]]
func.func @slices(%q: tensor<4x1x24xf32>, %c: tensor<4x?x20xf32>, %kr: tensor<4x?x8xf32>, %w: tensor<4x20x16xf32>, %v: tensor<4x?x16xf32>, %n: index) -> tensor<4x1x16xf32> {
  %i = tensor.empty(%n) : tensor<4x?x16xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<4x?x16xf32>) : tensor<4x?x20xf32>, tensor<4x20x16xf32> -> tensor<4x?x16xf32>
  %e = tensor.empty(%n) : tensor<4x?x24xf32>
  %a = tensor.insert_slice %k into %e[0, 0, 8] [4, %n, 16] [1, 1, 1] : tensor<4x?x16xf32> into tensor<4x?x24xf32>
  %key = tensor.insert_slice %kr into %a[0, 0, 0] [4, %n, 8] [1, 1, 1] : tensor<4x?x8xf32> into tensor<4x?x24xf32>
  %o = attn.sdpa %q, %key, %v : (tensor<4x1x24xf32>, tensor<4x?x24xf32>, tensor<4x?x16xf32>) -> tensor<4x1x16xf32>
  return %o : tensor<4x1x16xf32>
}

// -----

// Rotated columns of each head are beside as many heads only, and rows that all share have
// one.
// REMARK: products around attention stay: keys would have 8 heads and values 1
// CHECK-LABEL: func @own_rope
// CHECK: tensor.concat
// CHECK: attn.sdpa
func.func @own_rope(%q: tensor<8x1x48xf32>, %c: tensor<1x500x64xf32>, %kr: tensor<8x500x16xf32>, %wk: tensor<8x64x32xf32>, %wv: tensor<8x64x32xf32>) -> tensor<8x1x32xf32> {
  %i = tensor.empty() : tensor<8x500x32xf32>
  %k = attn.head_product %c, %wk outs(%i : tensor<8x500x32xf32>) : tensor<1x500x64xf32>, tensor<8x64x32xf32> -> tensor<8x500x32xf32>
  %v = attn.head_product %c, %wv outs(%i : tensor<8x500x32xf32>) : tensor<1x500x64xf32>, tensor<8x64x32xf32> -> tensor<8x500x32xf32>
  %key = tensor.concat dim(2) %k, %kr : (tensor<8x500x32xf32>, tensor<8x500x16xf32>) -> tensor<8x500x48xf32>
  %o = attn.sdpa %q, %key, %v : (tensor<8x1x48xf32>, tensor<8x500x48xf32>, tensor<8x500x32xf32>) -> tensor<8x1x32xf32>
  return %o : tensor<8x1x32xf32>
}

// -----

// Keys that do not fill the columns leave some of another tensor's.
// REMARK: products stay in front of attention: tensor.insert_slice stands between keys and the product that expands them
// CHECK-LABEL: func @overlapping
// CHECK: tensor.insert_slice
// CHECK: attn.sdpa
func.func @overlapping(%q: tensor<4x1x24xf32>, %c: tensor<4x500x20xf32>, %kr: tensor<4x500x8xf32>, %w: tensor<4x20x16xf32>, %v: tensor<4x500x16xf32>) -> tensor<4x1x16xf32> {
  %i = tensor.empty() : tensor<4x500x16xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<4x500x16xf32>) : tensor<4x500x20xf32>, tensor<4x20x16xf32> -> tensor<4x500x16xf32>
  %e = tensor.empty() : tensor<4x500x24xf32>
  %a = tensor.insert_slice %kr into %e[0, 0, 12] [4, 500, 8] [1, 1, 1] : tensor<4x500x8xf32> into tensor<4x500x24xf32>
  %key = tensor.insert_slice %k into %a[0, 0, 0] [4, 500, 16] [1, 1, 1] : tensor<4x500x16xf32> into tensor<4x500x24xf32>
  %o = attn.sdpa %q, %key, %v : (tensor<4x1x24xf32>, tensor<4x500x24xf32>, tensor<4x500x16xf32>) -> tensor<4x1x16xf32>
  return %o : tensor<4x1x16xf32>
}

// -----

// Columns of a third tensor are no rotated ones beside those of a product.
// REMARK: products stay in front of attention: tensor.concat stands between keys and the product that expands them
// CHECK-LABEL: func @three_parts
// CHECK: tensor.concat
// CHECK: attn.sdpa
func.func @three_parts(%q: tensor<4x1x24xf32>, %c: tensor<4x500x20xf32>, %kr: tensor<4x500x4xf32>, %w: tensor<4x20x16xf32>, %v: tensor<4x500x16xf32>) -> tensor<4x1x16xf32> {
  %i = tensor.empty() : tensor<4x500x16xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<4x500x16xf32>) : tensor<4x500x20xf32>, tensor<4x20x16xf32> -> tensor<4x500x16xf32>
  %key = tensor.concat dim(2) %k, %kr, %kr : (tensor<4x500x16xf32>, tensor<4x500x4xf32>, tensor<4x500x4xf32>) -> tensor<4x500x24xf32>
  %o = attn.sdpa %q, %key, %v : (tensor<4x1x24xf32>, tensor<4x500x24xf32>, tensor<4x500x16xf32>) -> tensor<4x1x16xf32>
  return %o : tensor<4x1x16xf32>
}
