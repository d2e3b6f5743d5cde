// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// One query against many rows: neither keys nor values of a head are made. The softmax
// in between is no barrier.
// CHECK-LABEL: func @decode
// CHECK-SAME: (%[[Q:.*]]: tensor<2x8x1x64xf32>, %[[C:.*]]: tensor<2x1x999x128xf32>, %[[UK:.*]]: tensor<8x128x64xf32>, %[[UV:.*]]: tensor<8x128x64xf32>)
// CHECK: %[[A:.*]] = attn.head_product %[[Q]], %[[UK]] transposed factor(5.000000e-01)
// CHECK-SAME: tensor<2x8x1x128xf32>
// CHECK: %[[P:.*]] = attn.sdpa %[[A]], %[[C]], %[[C]] scale(1.250000e-01) :
// CHECK: %[[O:.*]] = attn.head_product %[[P]], %[[UV]] outs
// CHECK: return %[[O]]
// STRICT-LABEL: func @decode
// STRICT: attn.sdpa %{{.*}} : (tensor<2x8x1x64xf32>, tensor<2x8x999x64xf32>
func.func @decode(%q: tensor<2x8x1x64xf32>, %c: tensor<2x1x999x128xf32>, %uk: tensor<8x128x64xf32>, %uv: tensor<8x128x64xf32>) -> tensor<2x8x1x64xf32> {
  %i = tensor.empty() : tensor<2x8x999x64xf32>
  %k = attn.head_product %c, %uk factor(0.5) outs(%i : tensor<2x8x999x64xf32>) : tensor<2x1x999x128xf32>, tensor<8x128x64xf32> -> tensor<2x8x999x64xf32>
  %v = attn.head_product %c, %uv outs(%i : tensor<2x8x999x64xf32>) : tensor<2x1x999x128xf32>, tensor<8x128x64xf32> -> tensor<2x8x999x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<2x8x1x64xf32>, tensor<2x8x999x64xf32>, tensor<2x8x999x64xf32>) -> tensor<2x8x1x64xf32>
  return %o : tensor<2x8x1x64xf32>
}

// -----

// Where lengths are those of a call, it decides, and only one form makes keys; those are
// values, too.
// CHECK-LABEL: func @dynamic
// CHECK-NOT: attn.head_product
// CHECK: scf.if
// CHECK: %[[K:.*]] = attn.head_product
// CHECK: attn.sdpa %{{.*}}, %[[K]], %[[K]]
// CHECK-NOT: attn.head_product
// CHECK: } else {
// CHECK-COUNT-1: attn.head_product
// CHECK: attn.sdpa
// CHECK-COUNT-1: attn.head_product
func.func @dynamic(%q: tensor<?x8x?x64xf32>, %c: tensor<?x1x?x128xf32>, %w: tensor<8x128x64xf32>, %b: index, %n: index) -> tensor<?x8x?x64xf32> {
  %i = tensor.empty(%b, %n) : tensor<?x8x?x64xf32>
  %k = attn.head_product %c, %w outs(%i : tensor<?x8x?x64xf32>) : tensor<?x1x?x128xf32>, tensor<8x128x64xf32> -> tensor<?x8x?x64xf32>
  %v = attn.head_product %c, %w outs(%i : tensor<?x8x?x64xf32>) : tensor<?x1x?x128xf32>, tensor<8x128x64xf32> -> tensor<?x8x?x64xf32>
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// -----

// Values alone, P (X W) = (P X) W, written as a product of linalg: a narrow X makes
// the products with weights cheaper, too.
// CHECK-LABEL: func @values
// CHECK-SAME: (%[[Q:.*]]: tensor<4x100x64xf32>, %[[K:.*]]: tensor<4x100x64xf32>, %[[X:.*]]: tensor<4x100x16xf32>, %[[W:.*]]: tensor<4x16x64xf32>)
// CHECK-NOT: linalg.batch_matmul
// CHECK: %[[P:.*]] = attn.sdpa %[[Q]], %[[K]], %[[X]]
// CHECK: attn.head_product %[[P]], %[[W]] outs
func.func @values(%q: tensor<4x100x64xf32>, %k: tensor<4x100x64xf32>, %x: tensor<4x100x16xf32>, %w: tensor<4x16x64xf32>) -> tensor<4x100x64xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<4x100x64xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  %v = linalg.batch_matmul ins(%x, %w : tensor<4x100x16xf32>, tensor<4x16x64xf32>) outs(%b : tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}
