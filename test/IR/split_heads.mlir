// RUN: attn-opt %s | attn-opt | FileCheck %s

// Heads side by side in a row become a dimension.
// CHECK-LABEL: func @split(
// CHECK:         attn.split_heads %{{.*}} heads(8) : tensor<2x?x512xf32> -> tensor<2x8x?x64xf32>
func.func @split(%x: tensor<2x?x512xf32>) -> tensor<2x8x?x64xf32> {
  %q = attn.split_heads %x heads(8) : tensor<2x?x512xf32> -> tensor<2x8x?x64xf32>
  return %q : tensor<2x8x?x64xf32>
}
