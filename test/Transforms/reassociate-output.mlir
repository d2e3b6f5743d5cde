// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// Many queries of few keys: the values are multiplied, which are fewer rows.
// REMARK: the order around attention becomes Q K^T, P (V Wo): 64094208 multiplications instead of 95354880
// CHECK-LABEL: func @few_keys
// CHECK-SAME: (%[[Q:.*]]: tensor<8x970x64xf32>, %[[K:.*]]: tensor<2x64x64xf32>, %[[V:.*]]: tensor<2x64x64xf32>, %[[W:.*]]: tensor<2x64x64xf32>)
// CHECK: %[[VW:.*]] = attn.head_product %[[V]], %[[W]] outs
// CHECK: %[[O:.*]] = attn.sdpa %[[Q]], %[[K]], %[[VW]]
// CHECK-NEXT: return %[[O]]
// STRICT-LABEL: func @few_keys
// STRICT: attn.sdpa
// STRICT: attn.head_product
func.func @few_keys(%q: tensor<8x970x64xf32>, %k: tensor<2x64x64xf32>, %v: tensor<2x64x64xf32>, %w: tensor<2x64x64xf32>) -> tensor<8x970x64xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x970x64xf32>, tensor<2x64x64xf32>, tensor<2x64x64xf32>) -> tensor<8x970x64xf32>
  %i = tensor.empty() : tensor<8x970x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x970x64xf32>) : tensor<8x970x64xf32>, tensor<2x64x64xf32> -> tensor<8x970x64xf32>
  return %p : tensor<8x970x64xf32>
}

// -----

// As many keys as queries, and a matrix that widens: it stays behind.
// REMARK: products around attention stay: Q K^T, (P V) Wo multiplies 3014656 times, no other order less
// CHECK-LABEL: func @widening
// CHECK: attn.sdpa
// CHECK: attn.head_product
func.func @widening(%q: tensor<1x128x64xf32>, %w: tensor<64x112xf32>) -> tensor<1x128x112xf32> {
  %o = attn.sdpa %q, %q, %q : (tensor<1x128x64xf32>, tensor<1x128x64xf32>, tensor<1x128x64xf32>) -> tensor<1x128x64xf32>
  %i = tensor.empty() : tensor<1x128x112xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<1x128x112xf32>) : tensor<1x128x64xf32>, tensor<64x112xf32> -> tensor<1x128x112xf32>
  return %p : tensor<1x128x112xf32>
}

// -----

// A matrix for each head of queries is none for the values that four of them share.
// REMARK: products around attention stay: keys would have 2 heads and values 8
// CHECK-LABEL: func @shared_values
// CHECK: attn.sdpa
// CHECK: attn.head_product
func.func @shared_values(%q: tensor<8x970x64xf32>, %k: tensor<2x64x64xf32>, %w: tensor<8x64x64xf32>) -> tensor<8x970x64xf32> {
  %o = attn.sdpa %q, %k, %k : (tensor<8x970x64xf32>, tensor<2x64x64xf32>, tensor<2x64x64xf32>) -> tensor<8x970x64xf32>
  %i = tensor.empty() : tensor<8x970x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x970x64xf32>) : tensor<8x970x64xf32>, tensor<8x64x64xf32> -> tensor<8x970x64xf32>
  return %p : tensor<8x970x64xf32>
}

// -----

// An output that is read as it is has to be there.
// REMARK: a product of the output of attention stays: the output is used elsewhere, too
// CHECK-LABEL: func @used_elsewhere
// CHECK: %[[O:.*]] = attn.sdpa
// CHECK: attn.head_product %[[O]]
func.func @used_elsewhere(%q: tensor<8x970x64xf32>, %k: tensor<8x64x64xf32>, %w: tensor<8x64x64xf32>) -> (tensor<8x970x64xf32>, tensor<8x970x64xf32>) {
  %o = attn.sdpa %q, %k, %k : (tensor<8x970x64xf32>, tensor<8x64x64xf32>, tensor<8x64x64xf32>) -> tensor<8x970x64xf32>
  %i = tensor.empty() : tensor<8x970x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x970x64xf32>) : tensor<8x970x64xf32>, tensor<8x64x64xf32> -> tensor<8x970x64xf32>
  return %p, %o : tensor<8x970x64xf32>, tensor<8x970x64xf32>
}

// -----

// Where lengths are those of a call, it decides whether fewer rows of values than of the
// output are multiplied.
// REMARK: the order around attention becomes Q K^T, (P V) Wo or Q K^T, P (V Wo), where lengths of a call make that cheapest
// CHECK-LABEL: func @dynamic
// CHECK-SAME: (%[[Q:.*]]: tensor<8x?x64xf32>, %[[K:.*]]: tensor<8x?x64xf32>, %[[W:.*]]: tensor<64x64xf32>
// CHECK: scf.if
// CHECK: %[[O:.*]] = attn.sdpa %[[Q]], %[[K]], %[[K]]
// CHECK: attn.head_product %[[O]], %[[W]]
// CHECK: } else {
// CHECK: %[[V:.*]] = attn.head_product %[[K]], %[[W]]
// CHECK: attn.sdpa %[[Q]], %[[K]], %[[V]]
// STRICT-LABEL: func @dynamic
// STRICT-NOT: scf.if
func.func @dynamic(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %w: tensor<64x64xf32>, %m: index) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %k : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  %i = tensor.empty(%m) : tensor<8x?x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x?x64xf32>) : tensor<8x?x64xf32>, tensor<64x64xf32> -> tensor<8x?x64xf32>
  return %p : tensor<8x?x64xf32>
}

// -----

// A matrix that halves the width is moved whatever the number of keys, up to the queries;
// where these are known to be one, calls of more keys keep it behind.
// REMARK: the order around attention becomes Q K^T, (P V) Wo or Q K^T, P (V Wo)
// CHECK-LABEL: func @decoding
// CHECK: scf.if
func.func @decoding(%q: tensor<8x1x64xf32>, %k: tensor<8x?x64xf32>, %w: tensor<64x32xf32>) -> tensor<8x1x32xf32> {
  %o = attn.sdpa %q, %k, %k : (tensor<8x1x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x1x64xf32>
  %i = tensor.empty() : tensor<8x1x32xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x1x32xf32>) : tensor<8x1x64xf32>, tensor<64x32xf32> -> tensor<8x1x32xf32>
  return %p : tensor<8x1x32xf32>
}

// -----

// The log-sum-exp that something reads would have to be there before the matrix is.
// REMARK: a product of the output of attention stays: the log-sum-exp is read, too
// CHECK-LABEL: func @read_lse
// CHECK: %[[O:.*]], %{{.*}} = attn.sdpa
// CHECK: attn.head_product %[[O]]
func.func @read_lse(%q: tensor<8x970x64xf32>, %k: tensor<8x64x64xf32>, %w: tensor<8x64x64xf32>) -> (tensor<8x970x64xf32>, tensor<8x970xf32>) {
  %o, %l = attn.sdpa %q, %k, %k : (tensor<8x970x64xf32>, tensor<8x64x64xf32>, tensor<8x64x64xf32>) -> (tensor<8x970x64xf32>, tensor<8x970xf32>)
  %i = tensor.empty() : tensor<8x970x64xf32>
  %p = attn.head_product %o, %w outs(%i : tensor<8x970x64xf32>) : tensor<8x970x64xf32>, tensor<8x64x64xf32> -> tensor<8x970x64xf32>
  return %p, %l : tensor<8x970x64xf32>, tensor<8x970xf32>
}
