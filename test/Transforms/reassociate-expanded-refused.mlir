// RUN: attn-opt %s --split-input-file --attn-reassociate | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A prompt attends to narrow keys more often than it makes them.
// REMARK: products around attention stay: Q (C Wk)^T, P (C Wv) multiplies 32512000 times, no other order less
// CHECK-LABEL: func @prompt
// CHECK: attn.sdpa %{{.*}} : (tensor<1x1000x16xf32>, tensor<1x1000x16xf32>
func.func @prompt(%q: tensor<1x1000x16xf32>, %c: tensor<1x1000x32xf32>, %w: tensor<1x32x16xf32>) -> tensor<1x1000x16xf32> {
  %i = tensor.empty() : tensor<1x1000x16xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<1x1000x16xf32>) : tensor<1x1000x32xf32>, tensor<1x32x16xf32> -> tensor<1x1000x16xf32>
  %v = attn.head_product %c, %w outs(%i : tensor<1x1000x16xf32>) : tensor<1x1000x32xf32>, tensor<1x32x16xf32> -> tensor<1x1000x16xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<1x1000x16xf32>, tensor<1x1000x16xf32>, tensor<1x1000x16xf32>) -> tensor<1x1000x16xf32>
  return %o : tensor<1x1000x16xf32>
}

// -----

// A rotation of keys does not commute with what expands them.
// REMARK: products stay in front of attention: attn.rope stands between keys and the product that expands them
// CHECK-LABEL: func @rotated
// CHECK: attn.rope
// CHECK: attn.sdpa %{{.*}} : (tensor<8x1x64xf32>, tensor<8x999x64xf32>
func.func @rotated(%q: tensor<8x1x64xf32>, %c: tensor<1x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>, %cos: tensor<999x32xf32>, %sin: tensor<999x32xf32>) -> tensor<8x1x64xf32> {
  %i = tensor.empty() : tensor<8x999x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<8x999x64xf32>) : tensor<1x999x128xf32>, tensor<8x128x64xf32> -> tensor<8x999x64xf32>
  %r = attn.rope %k, %cos, %sin layout(half) : tensor<8x999x64xf32>, tensor<999x32xf32>, tensor<999x32xf32>
  %o = attn.sdpa %q, %r, %v : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}

// -----

// Keys that something else reads are made anyway.
// REMARK: products stay in front of attention: keys that a product expands are used elsewhere
// CHECK-LABEL: func @used_elsewhere
// CHECK: attn.sdpa %{{.*}} : (tensor<8x1x64xf32>, tensor<8x999x64xf32>
func.func @used_elsewhere(%q: tensor<8x1x64xf32>, %c: tensor<8x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>) -> (tensor<8x1x64xf32>, tensor<8x999x64xf32>) {
  %i = tensor.empty() : tensor<8x999x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<8x999x64xf32>) : tensor<8x999x128xf32>, tensor<8x128x64xf32> -> tensor<8x999x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
  return %o, %k : tensor<8x1x64xf32>, tensor<8x999x64xf32>
}

// -----

// A bias of keys is a sum that does not begin at 0.
// REMARK: products stay in front of attention: a bias is added to what expands the latent
// CHECK-LABEL: func @bias
// CHECK: attn.sdpa %{{.*}} : (tensor<8x1x64xf32>, tensor<8x999x64xf32>
func.func @bias(%q: tensor<8x1x64xf32>, %c: tensor<8x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>, %i: tensor<8x999x64xf32>) -> tensor<8x1x64xf32> {
  %k = linalg.batch_matmul ins(%c, %w : tensor<8x999x128xf32>, tensor<8x128x64xf32>) outs(%i : tensor<8x999x64xf32>) -> tensor<8x999x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}

// -----

// Keys without heads would be beside values with 8.
// REMARK: products around attention stay: keys would have 1 heads and values 8
// CHECK-LABEL: func @heads
// CHECK: attn.sdpa %{{.*}} : (tensor<8x1x64xf32>, tensor<8x999x64xf32>
func.func @heads(%q: tensor<8x1x64xf32>, %c: tensor<1x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>) -> tensor<8x1x64xf32> {
  %i = tensor.empty() : tensor<8x999x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<8x999x64xf32>) : tensor<1x999x128xf32>, tensor<8x128x64xf32> -> tensor<8x999x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}

// -----

// The scale of a row of keys is that of keys as they are.
// REMARK: products stay in front of attention: keys or values have scales of their rows
// CHECK-LABEL: func @scaled
// CHECK: attn.sdpa %{{.*}} : (tensor<8x1x64xf32>, tensor<8x999x64xf32>
func.func @scaled(%q: tensor<8x1x64xf32>, %c: tensor<8x999x128xf32>, %v: tensor<8x999x64xf32>, %w: tensor<8x128x64xf32>, %s: tensor<8x999xf32>) -> tensor<8x1x64xf32> {
  %i = tensor.empty() : tensor<8x999x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<8x999x64xf32>) : tensor<8x999x128xf32>, tensor<8x128x64xf32> -> tensor<8x999x64xf32>
  %o = attn.sdpa %q, %k, %v key_scale(%s : tensor<8x999xf32>) : (tensor<8x1x64xf32>, tensor<8x999x64xf32>, tensor<8x999x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}
