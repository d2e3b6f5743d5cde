// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// Many queries of few keys: the values are multiplied, which are fewer rows.
// REMARK: a product of the output of attention becomes one of its values: of the output it multiplies 63569920 times, of the values 32309248 times
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
// REMARK: a product of the output of attention stays: of the output it multiplies 1966080 times, of the values 2752512 times
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
// REMARK: a product of the output of attention stays: 2 heads of values meet 8 matrices
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
