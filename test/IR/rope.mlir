// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @half
// CHECK: attn.rope %{{.*}}, %{{.*}}, %{{.*}} layout(half) : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
func.func @half(%x: tensor<?x8x?x64xf32>, %cos: tensor<?x32xf32>, %sin: tensor<?x32xf32>) -> tensor<?x8x?x64xf32> {
  %r = attn.rope %x, %cos, %sin layout(half) : tensor<?x8x?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  return %r : tensor<?x8x?x64xf32>
}

// Only the first 32 of 80 elements are rotated; bf16 with f32 tables; no batch.
// CHECK-LABEL: func @partial
// CHECK: attn.rope %{{.*}}, %{{.*}}, %{{.*}} layout(interleaved) : tensor<8x4x80xbf16>, tensor<4x16xf32>, tensor<4x16xf32>
func.func @partial(%x: tensor<8x4x80xbf16>, %cos: tensor<4x16xf32>, %sin: tensor<4x16xf32>) -> tensor<8x4x80xbf16> {
  %r = attn.rope %x, %cos, %sin layout(interleaved) : tensor<8x4x80xbf16>, tensor<4x16xf32>, tensor<4x16xf32>
  return %r : tensor<8x4x80xbf16>
}
