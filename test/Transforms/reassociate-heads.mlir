// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// Heads that are columns of one product, as models write it: each takes its columns of the
// matrix, a view, and no keys are made.
// REMARK: the order around attention becomes (Q Wk^T) C^T, (P C) Wv:
// CHECK-LABEL: func @columns
// CHECK-SAME: (%[[Q:.*]]: tensor<2x4x1x16xf32>, %[[C:.*]]: tensor<2x300x24xf32>, %[[W:.*]]: tensor<24x64xf32>, %[[U:.*]]: tensor<24x64xf32>)
// CHECK: %[[H:.*]] = attn.split_heads %{{.*}} heads(4) : tensor<1x24x64xf32> -> tensor<1x4x24x16xf32>
// CHECK: %[[V:.*]] = tensor.collapse_shape %[[H]] {{.*}} into tensor<4x24x16xf32>
// CHECK: %[[A:.*]] = attn.head_product %[[Q]], %[[V]] transposed
// CHECK: %[[R:.*]] = tensor.expand_shape %[[C]]
// CHECK: %[[P:.*]] = attn.sdpa %[[A]], %[[R]], %[[R]]
// CHECK: attn.head_product %[[P]], %{{.*}} : tensor<2x4x1x24xf32>, tensor<4x24x16xf32>
// CHECK-NOT: linalg.transpose
// STRICT-LABEL: func @columns
// STRICT: linalg.transpose
// STRICT: attn.sdpa
func.func @columns(%q: tensor<2x4x1x16xf32>, %c: tensor<2x300x24xf32>, %w: tensor<24x64xf32>, %u: tensor<24x64xf32>) -> tensor<2x4x1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<2x300x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<2x300x64xf32>) -> tensor<2x300x64xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, n, j, x) -> (b, n, x)>, affine_map<(b, n, j, x) -> (x, j)>, affine_map<(b, n, j, x) -> (b, n, j)>]
    ins(%c, %w : tensor<2x300x24xf32>, tensor<24x64xf32>) outs(%b : tensor<2x300x64xf32>) -> tensor<2x300x64xf32>
  %e = tensor.expand_shape %y [[0], [1], [2, 3]] output_shape [2, 300, 4, 16] : tensor<2x300x64xf32> into tensor<2x300x4x16xf32>
  %f = tensor.empty() : tensor<2x4x300x16xf32>
  %k = linalg.transpose ins(%e : tensor<2x300x4x16xf32>) outs(%f : tensor<2x4x300x16xf32>) permutation = [0, 2, 1, 3]
  %z = linalg.contract indexing_maps = [affine_map<(b, n, j, x) -> (b, n, x)>, affine_map<(b, n, j, x) -> (x, j)>, affine_map<(b, n, j, x) -> (b, n, j)>]
    ins(%c, %u : tensor<2x300x24xf32>, tensor<24x64xf32>) outs(%b : tensor<2x300x64xf32>) -> tensor<2x300x64xf32>
  %g = tensor.expand_shape %z [[0], [1], [2, 3]] output_shape [2, 300, 4, 16] : tensor<2x300x64xf32> into tensor<2x300x4x16xf32>
  %v = linalg.transpose ins(%g : tensor<2x300x4x16xf32>) outs(%f : tensor<2x4x300x16xf32>) permutation = [0, 2, 1, 3]
  %o = attn.sdpa %q, %k, %v : (tensor<2x4x1x16xf32>, tensor<2x4x300x16xf32>, tensor<2x4x300x16xf32>) -> tensor<2x4x1x16xf32>
  return %o : tensor<2x4x1x16xf32>
}

// -----

// Rows of a batch that are one dimension for the product, of keys and of values, whose
// matrix is given by its columns: the rows are those in front of the reshape.
// REMARK: the order around attention becomes Q (C Wk)^T, P (C Wv) or (Q Wk^T) C^T, (P C) Wv,
// CHECK-LABEL: func @collapsed
// CHECK-SAME: (%[[Q:.*]]: tensor<2x4x?x16xf32>, %[[C:.*]]: tensor<2x?x8xf32>, %[[WK:.*]]: tensor<8x64xf32>, %[[WV:.*]]: tensor<64x8xf32>
// CHECK: } else {
// CHECK: attn.head_product %[[Q]], %{{.*}} transposed
// CHECK: %[[R:.*]] = tensor.expand_shape %[[C]] {{.*}} into tensor<2x1x?x8xf32>
// CHECK: %[[P:.*]] = attn.sdpa %{{.*}}, %[[R]], %[[R]]
// CHECK: %[[W:.*]] = tensor.expand_shape %[[WV]] {{.*}} into tensor<4x16x8xf32>
// CHECK: attn.head_product %[[P]], %[[W]] transposed
func.func @collapsed(%q: tensor<2x4x?x16xf32>, %c: tensor<2x?x8xf32>, %wk: tensor<8x64xf32>, %wv: tensor<64x8xf32>, %n: index, %all: index) -> tensor<2x4x?x16xf32> {
  %zero = arith.constant 0.0 : f32
  %x = tensor.collapse_shape %c [[0, 1], [2]] : tensor<2x?x8xf32> into tensor<?x8xf32>
  %a = tensor.empty(%all) : tensor<?x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<?x64xf32>) -> tensor<?x64xf32>
  %f = tensor.empty(%n) : tensor<2x4x?x16xf32>
  %y = linalg.matmul ins(%x, %wk : tensor<?x8xf32>, tensor<8x64xf32>) outs(%b : tensor<?x64xf32>) -> tensor<?x64xf32>
  %e = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [2, %n, 4, 16] : tensor<?x64xf32> into tensor<2x?x4x16xf32>
  %k = linalg.transpose ins(%e : tensor<2x?x4x16xf32>) outs(%f : tensor<2x4x?x16xf32>) permutation = [0, 2, 1, 3]
  %z = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %wv : tensor<?x8xf32>, tensor<64x8xf32>) outs(%b : tensor<?x64xf32>) -> tensor<?x64xf32>
  %g = tensor.expand_shape %z [[0, 1], [2, 3]] output_shape [2, %n, 4, 16] : tensor<?x64xf32> into tensor<2x?x4x16xf32>
  %v = linalg.transpose ins(%g : tensor<2x?x4x16xf32>) outs(%f : tensor<2x4x?x16xf32>) permutation = [0, 2, 1, 3]
  %o = attn.sdpa %q, %k, %v : (tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>) -> tensor<2x4x?x16xf32>
  return %o : tensor<2x4x?x16xf32>
}

// -----

// Without the reshape in front nothing says which rows are a batch element's.
// REMARK: products stay in front of attention: rows of all batch elements are one dimension
// CHECK-LABEL: func @one_dimension
// CHECK: linalg.matmul
// CHECK: attn.sdpa
func.func @one_dimension(%q: tensor<2x4x1x16xf32>, %x: tensor<600x8xf32>, %w: tensor<8x64xf32>, %v: tensor<2x4x300x16xf32>) -> tensor<2x4x1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<600x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<600x64xf32>) -> tensor<600x64xf32>
  %f = tensor.empty() : tensor<2x4x300x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<600x8xf32>, tensor<8x64xf32>) outs(%b : tensor<600x64xf32>) -> tensor<600x64xf32>
  %e = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [2, 300, 4, 16] : tensor<600x64xf32> into tensor<2x300x4x16xf32>
  %k = linalg.transpose ins(%e : tensor<2x300x4x16xf32>) outs(%f : tensor<2x4x300x16xf32>) permutation = [0, 2, 1, 3]
  %o = attn.sdpa %q, %k, %v : (tensor<2x4x1x16xf32>, tensor<2x4x300x16xf32>, tensor<2x4x300x16xf32>) -> tensor<2x4x1x16xf32>
  return %o : tensor<2x4x1x16xf32>
}

// -----

// A permutation that puts columns of a head where rows are is another matter: keys stay.
// CHECK-LABEL: func @other_permutation
// CHECK: linalg.transpose
// CHECK: attn.sdpa
func.func @other_permutation(%q: tensor<4x1x16xf32>, %x: tensor<16x8xf32>, %w: tensor<8x64xf32>, %v: tensor<4x16x16xf32>) -> tensor<4x1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<16x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<16x64xf32>) -> tensor<16x64xf32>
  %f = tensor.empty() : tensor<4x16x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<16x8xf32>, tensor<8x64xf32>) outs(%b : tensor<16x64xf32>) -> tensor<16x64xf32>
  %e = tensor.expand_shape %y [[0], [1, 2]] output_shape [16, 4, 16] : tensor<16x64xf32> into tensor<16x4x16xf32>
  %k = linalg.transpose ins(%e : tensor<16x4x16xf32>) outs(%f : tensor<4x16x16xf32>) permutation = [1, 2, 0]
  %o = attn.sdpa %q, %k, %v : (tensor<4x1x16xf32>, tensor<4x16x16xf32>, tensor<4x16x16xf32>) -> tensor<4x1x16xf32>
  return %o : tensor<4x1x16xf32>
}

// -----

// Columns that something else reads, in front of the view, are made anyway.
// REMARK: products stay in front of attention: keys that a product expands are used elsewhere
// CHECK-LABEL: func @read_columns
// CHECK: linalg.transpose
// CHECK: attn.sdpa
func.func @read_columns(%q: tensor<4x1x16xf32>, %x: tensor<300x8xf32>, %w: tensor<8x64xf32>, %v: tensor<4x300x16xf32>) -> (tensor<4x1x16xf32>, tensor<300x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<300x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<300x64xf32>) -> tensor<300x64xf32>
  %f = tensor.empty() : tensor<4x300x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<300x8xf32>, tensor<8x64xf32>) outs(%b : tensor<300x64xf32>) -> tensor<300x64xf32>
  %e = tensor.expand_shape %y [[0], [1, 2]] output_shape [300, 4, 16] : tensor<300x64xf32> into tensor<300x4x16xf32>
  %k = linalg.transpose ins(%e : tensor<300x4x16xf32>) outs(%f : tensor<4x300x16xf32>) permutation = [1, 0, 2]
  %o = attn.sdpa %q, %k, %v : (tensor<4x1x16xf32>, tensor<4x300x16xf32>, tensor<4x300x16xf32>) -> tensor<4x1x16xf32>
  return %o, %y : tensor<4x1x16xf32>, tensor<300x64xf32>
}

// -----

// Rows that all batch elements share are no rows of each.
// REMARK: products stay in front of attention: the latent has no batch
// CHECK-LABEL: func @one_for_all
// CHECK: attn.head_product
// CHECK: attn.split_heads
// CHECK: attn.sdpa
func.func @one_for_all(%q: tensor<2x4x1x16xf32>, %c: tensor<1x300x24xf32>, %w: tensor<24x64xf32>, %v: tensor<2x4x300x16xf32>) -> tensor<2x4x1x16xf32> {
  %a = tensor.empty() : tensor<2x300x64xf32>
  %y = attn.head_product %c, %w outs(%a : tensor<2x300x64xf32>) : tensor<1x300x24xf32>, tensor<24x64xf32> -> tensor<2x300x64xf32>
  %k = attn.split_heads %y heads(4) : tensor<2x300x64xf32> -> tensor<2x4x300x16xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<2x4x1x16xf32>, tensor<2x4x300x16xf32>, tensor<2x4x300x16xf32>) -> tensor<2x4x1x16xf32>
  return %o : tensor<2x4x1x16xf32>
}
