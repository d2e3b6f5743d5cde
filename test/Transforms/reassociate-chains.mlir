// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=STRICT

// Keys and values share the rows X D, too. Either side alone would have them made anyway;
// together they need not be: one query reads X itself.
// REMARK: the order around attention becomes ((Q Wk2^T) Wk1^T) C^T, ((P C) Wv1) Wv2: 2842624 multiplications instead of 219152384
// STRICT: products around attention stay: fp is strict
// CHECK-LABEL: func @shared_rows
// CHECK-SAME: (%[[Q:.*]]: tensor<8x1x64xf32>, %[[X:.*]]: tensor<1x2048x80xf32>, %[[D:.*]]: tensor<80x96xf32>, %[[K:.*]]: tensor<8x96x64xf32>, %[[V:.*]]: tensor<8x96x64xf32>)
// CHECK: %[[A:.*]] = attn.head_product %[[Q]], %[[K]] transposed
// CHECK: %[[B:.*]] = attn.head_product %[[A]], %[[D]] transposed
// CHECK: %[[P:.*]] = attn.sdpa %[[B]], %[[X]], %[[X]] scale(1.250000e-01)
// CHECK: %[[E:.*]] = attn.head_product %[[P]], %[[D]] outs
// CHECK: %[[O:.*]] = attn.head_product %[[E]], %[[V]] outs
// CHECK: return %[[O]]
func.func @shared_rows(%q: tensor<8x1x64xf32>, %x: tensor<1x2048x80xf32>, %d: tensor<80x96xf32>, %wk: tensor<8x96x64xf32>, %wv: tensor<8x96x64xf32>) -> tensor<8x1x64xf32> {
  %h = tensor.empty() : tensor<1x2048x96xf32>
  %c = attn.head_product %x, %d outs(%h : tensor<1x2048x96xf32>) : tensor<1x2048x80xf32>, tensor<80x96xf32> -> tensor<1x2048x96xf32>
  %i = tensor.empty() : tensor<8x2048x64xf32>
  %k = attn.head_product %c, %wk outs(%i : tensor<8x2048x64xf32>) : tensor<1x2048x96xf32>, tensor<8x96x64xf32> -> tensor<8x2048x64xf32>
  %v = attn.head_product %c, %wv outs(%i : tensor<8x2048x64xf32>) : tensor<1x2048x96xf32>, tensor<8x96x64xf32> -> tensor<8x2048x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<8x1x64xf32>, tensor<8x2048x64xf32>, tensor<8x2048x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}

// -----

// Keys that are values are made once, so that absorbing one side of them saves nothing:
// as keys alone (below) they would be absorbed.
// REMARK: products around attention stay: Q (C Wk)^T, P (C Wv) multiplies 1152000 times, no other order less
// CHECK-LABEL: func @keys_are_values
// CHECK: attn.head_product
// CHECK: attn.sdpa
// CHECK-NOT: attn.head_product
func.func @keys_are_values(%q: tensor<1x50x64xf32>, %c: tensor<1x100x80xf32>, %w: tensor<1x80x64xf32>) -> tensor<1x50x64xf32> {
  %i = tensor.empty() : tensor<1x100x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<1x100x64xf32>) : tensor<1x100x80xf32>, tensor<1x80x64xf32> -> tensor<1x100x64xf32>
  %o = attn.sdpa %q, %k, %k : (tensor<1x50x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>) -> tensor<1x50x64xf32>
  return %o : tensor<1x50x64xf32>
}

// -----

// REMARK: the order around attention becomes (Q Wk^T) C^T, P V:
// CHECK-LABEL: func @keys_alone
// CHECK-SAME: (%[[Q:.*]]: tensor<1x50x64xf32>, %[[C:.*]]: tensor<1x100x80xf32>
// CHECK: %[[A:.*]] = attn.head_product %[[Q]], %{{.*}} transposed
// CHECK: attn.sdpa %[[A]], %[[C]], %{{.*}}
func.func @keys_alone(%q: tensor<1x50x64xf32>, %c: tensor<1x100x80xf32>, %w: tensor<1x80x64xf32>, %v: tensor<1x100x64xf32>) -> tensor<1x50x64xf32> {
  %i = tensor.empty() : tensor<1x100x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<1x100x64xf32>) : tensor<1x100x80xf32>, tensor<1x80x64xf32> -> tensor<1x100x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<1x50x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>) -> tensor<1x50x64xf32>
  return %o : tensor<1x50x64xf32>
}

// -----

// Long queries and keys of a narrow source, with wide heads: both matrices become one,
// and the scores are those of the sources. The same holds of values and output.
// REMARK: the order around attention becomes (X (Wq Wk^T)) C^T, (P C) (Wv Wo):
// CHECK-LABEL: func @fused_matrices
// CHECK-SAME: (%[[X:.*]]: tensor<2x500x16xf32>, %[[C:.*]]: tensor<2x700x16xf32>, %[[WQ:.*]]: tensor<2x16x64xf32>, %[[WK:.*]]: tensor<2x16x64xf32>, %[[WV:.*]]: tensor<2x16x64xf32>, %[[WO:.*]]: tensor<2x64x24xf32>)
// CHECK: %[[QK:.*]] = attn.head_product %[[WQ]], %[[WK]] transposed {{.*}}tensor<2x16x16xf32>
// CHECK: %[[Q:.*]] = attn.head_product %[[X]], %[[QK]] outs
// CHECK: %[[P:.*]] = attn.sdpa %[[Q]], %[[C]], %[[C]] scale(1.250000e-01)
// CHECK: %[[VO:.*]] = attn.head_product %[[WV]], %[[WO]] outs
// CHECK: attn.head_product %[[P]], %[[VO]] outs
func.func @fused_matrices(%x: tensor<2x500x16xf32>, %c: tensor<2x700x16xf32>, %wq: tensor<2x16x64xf32>, %wk: tensor<2x16x64xf32>, %wv: tensor<2x16x64xf32>, %wo: tensor<2x64x24xf32>) -> tensor<2x500x24xf32> {
  %i = tensor.empty() : tensor<2x500x64xf32>
  %q = attn.head_product %x, %wq outs(%i : tensor<2x500x64xf32>) : tensor<2x500x16xf32>, tensor<2x16x64xf32> -> tensor<2x500x64xf32>
  %l = tensor.empty() : tensor<2x700x64xf32>
  %k = attn.head_product %c, %wk outs(%l : tensor<2x700x64xf32>) : tensor<2x700x16xf32>, tensor<2x16x64xf32> -> tensor<2x700x64xf32>
  %v = attn.head_product %c, %wv outs(%l : tensor<2x700x64xf32>) : tensor<2x700x16xf32>, tensor<2x16x64xf32> -> tensor<2x700x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<2x500x64xf32>, tensor<2x700x64xf32>, tensor<2x700x64xf32>) -> tensor<2x500x64xf32>
  %j = tensor.empty() : tensor<2x500x24xf32>
  %p = attn.head_product %o, %wo outs(%j : tensor<2x500x24xf32>) : tensor<2x500x64xf32>, tensor<2x64x24xf32> -> tensor<2x500x24xf32>
  return %p : tensor<2x500x24xf32>
}

// -----

// As many multiplications either way: what is written stays.
// REMARK: products around attention stay: Q K^T, (P V) Wo multiplies 5120 times, no other order less
// CHECK-LABEL: func @tie
// CHECK: %[[O:.*]] = attn.sdpa
// CHECK: attn.head_product %[[O]]
func.func @tie(%q: tensor<1x16x8xf32>, %w: tensor<8x8xf32>) -> tensor<1x16x8xf32> {
  %o = attn.sdpa %q, %q, %q : (tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x8xf32>
  %i = tensor.empty() : tensor<1x16x8xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<1x16x8xf32>) : tensor<1x16x8xf32>, tensor<8x8xf32> -> tensor<1x16x8xf32>
  return %p : tensor<1x16x8xf32>
}

// -----

// Queries that are keys have to be made in any order of the scores.
// REMARK: products stay in front of attention: queries that a product expands are used elsewhere
// REMARK: products stay in front of attention: keys that a product expands are used elsewhere
// CHECK-LABEL: func @queries_are_keys
// CHECK: %[[K:.*]] = attn.head_product
// CHECK: attn.sdpa %[[K]], %[[K]], %{{.*}}
func.func @queries_are_keys(%c: tensor<1x100x8xf32>, %w: tensor<1x8x64xf32>, %v: tensor<1x100x64xf32>) -> tensor<1x100x64xf32> {
  %i = tensor.empty() : tensor<1x100x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<1x100x64xf32>) : tensor<1x100x8xf32>, tensor<1x8x64xf32> -> tensor<1x100x64xf32>
  %o = attn.sdpa %k, %k, %v : (tensor<1x100x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>) -> tensor<1x100x64xf32>
  return %o : tensor<1x100x64xf32>
}

// -----

// Rows that are rounded to a narrower type between two products stay rounded: the chain
// ends there.
// CHECK-LABEL: func @narrowed
// CHECK-SAME: (%[[Q:.*]]: tensor<1x1x64xf16>, %[[X:.*]]: tensor<512x8xf32>
// CHECK: %[[C:.*]] = linalg.matmul ins(%[[X]]
// CHECK: %[[ROWS:.*]] = tensor.expand_shape %[[C]]
// CHECK: attn.sdpa %{{.*}}, %[[ROWS]], %{{.*}}
func.func @narrowed(%q: tensor<1x1x64xf16>, %x: tensor<512x8xf32>, %d: tensor<8x96xf32>, %w: tensor<1x96x64xf16>, %v: tensor<1x512x64xf16>) -> tensor<1x1x64xf16> {
  %zero = arith.constant 0.0 : f16
  %a = tensor.empty() : tensor<512x96xf16>
  %b = linalg.fill ins(%zero : f16) outs(%a : tensor<512x96xf16>) -> tensor<512x96xf16>
  %c = linalg.matmul ins(%x, %d : tensor<512x8xf32>, tensor<8x96xf32>) outs(%b : tensor<512x96xf16>) -> tensor<512x96xf16>
  %e = tensor.empty() : tensor<1x512x64xf16>
  %f = linalg.fill ins(%zero : f16) outs(%e : tensor<1x512x64xf16>) -> tensor<1x512x64xf16>
  %k = linalg.generic {indexing_maps = [affine_map<(h, n, d, c) -> (n, c)>, affine_map<(h, n, d, c) -> (h, c, d)>, affine_map<(h, n, d, c) -> (h, n, d)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%c, %w : tensor<512x96xf16>, tensor<1x96x64xf16>) outs(%f : tensor<1x512x64xf16>) {
  ^bb0(%l: f16, %r: f16, %s: f16):
    %m = arith.mulf %l, %r : f16
    %t = arith.addf %s, %m : f16
    linalg.yield %t : f16
  } -> tensor<1x512x64xf16>
  %o = attn.sdpa %q, %k, %v : (tensor<1x1x64xf16>, tensor<1x512x64xf16>, tensor<1x512x64xf16>) -> tensor<1x1x64xf16>
  return %o : tensor<1x1x64xf16>
}

// -----

// Heads that only a call knows cannot be compared with those of a matrix.
// REMARK: a product of the output of attention stays: heads and widths are not static
// CHECK-LABEL: func @dynamic_heads
// CHECK: attn.sdpa
// CHECK: attn.head_product
func.func @dynamic_heads(%q: tensor<?x970x64xf32>, %k: tensor<?x64x64xf32>, %w: tensor<64x64xf32>, %n: index) -> tensor<?x970x64xf32> {
  %o = attn.sdpa %q, %k, %k : (tensor<?x970x64xf32>, tensor<?x64x64xf32>, tensor<?x64x64xf32>) -> tensor<?x970x64xf32>
  %i = tensor.empty(%n) : tensor<?x970x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<?x970x64xf32>) : tensor<?x970x64xf32>, tensor<64x64xf32> -> tensor<?x970x64xf32>
  return %p : tensor<?x970x64xf32>
}

// -----

// Keys that are made in front of a loop are made once for all its rounds, and a product in
// another loop would have attention with it.
// REMARK: products stay in front of attention: keys are made in another block
// REMARK: a product of the output of attention stays: it is in another block
// CHECK-LABEL: func @loops
// CHECK: attn.head_product
// CHECK: scf.for
// CHECK: attn.sdpa
// CHECK: scf.for
// CHECK: attn.head_product
func.func @loops(%q: tensor<8x1x64xf32>, %c: tensor<8x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>, %wo: tensor<64x64xf32>, %n: index) -> tensor<8x1x64xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %i = tensor.empty() : tensor<8x999x64xf32>
  %j = tensor.empty() : tensor<8x1x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<8x999x64xf32>) : tensor<8x999x128xf32>, tensor<8x128x64xf32> -> tensor<8x999x64xf32>
  %r = scf.for %x = %zero to %n step %one iter_args(%a = %q) -> tensor<8x1x64xf32> {
    %o = attn.sdpa %a, %k, %v : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
    %s = scf.for %y = %zero to %n step %one iter_args(%b = %a) -> tensor<8x1x64xf32> {
      %p = attn.head_product %o, %wo outs(%j : tensor<8x1x64xf32>) : tensor<8x1x64xf32>, tensor<64x64xf32> -> tensor<8x1x64xf32>
      scf.yield %p : tensor<8x1x64xf32>
    }
    scf.yield %s : tensor<8x1x64xf32>
  }
  return %r : tensor<8x1x64xf32>
}
