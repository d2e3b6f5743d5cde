// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// CHECK-LABEL: func @out_only
// CHECK: attn.merge_parts %{{.*}}, %{{.*}} outs(%{{.*}} : tensor<8x1x64xbf16>) : tensor<?x8x1x64xf32>, tensor<?x8x1xf32> -> tensor<8x1x64xbf16>
func.func @out_only(%p: tensor<?x8x1x64xf32>, %l: tensor<?x8x1xf32>, %o: tensor<8x1x64xbf16>) -> tensor<8x1x64xbf16> {
  %r = attn.merge_parts %p, %l outs(%o : tensor<8x1x64xbf16>) : tensor<?x8x1x64xf32>, tensor<?x8x1xf32> -> tensor<8x1x64xbf16>
  return %r : tensor<8x1x64xbf16>
}

// CHECK-LABEL: func @sink_and_lse
// CHECK: attn.merge_parts %{{.*}}, %{{.*}} sink(%{{.*}} : tensor<8xf32>) outs(%{{.*}}, %{{.*}} : tensor<8x1x64xf32>, tensor<8x1xf32>)
func.func @sink_and_lse(%p: tensor<?x8x1x64xf32>, %l: tensor<?x8x1xf32>, %s: tensor<8xf32>, %o: tensor<8x1x64xf32>, %e: tensor<8x1xf32>) -> (tensor<8x1x64xf32>, tensor<8x1xf32>) {
  %r:2 = attn.merge_parts %p, %l sink(%s : tensor<8xf32>) outs(%o, %e : tensor<8x1x64xf32>, tensor<8x1xf32>)
    : tensor<?x8x1x64xf32>, tensor<?x8x1xf32> -> tensor<8x1x64xf32>, tensor<8x1xf32>
  return %r#0, %r#1 : tensor<8x1x64xf32>, tensor<8x1xf32>
}

// Parts that are not normalised are added.
// CHECK-LABEL: func @sums
// CHECK: attn.merge_parts %{{.*}} outs(%{{.*}} : tensor<8x1x64xbf16>) : tensor<?x8x1x64xf32> -> tensor<8x1x64xbf16>
func.func @sums(%p: tensor<?x8x1x64xf32>, %o: tensor<8x1x64xbf16>) -> tensor<8x1x64xbf16> {
  %r = attn.merge_parts %p outs(%o : tensor<8x1x64xbf16>) : tensor<?x8x1x64xf32> -> tensor<8x1x64xbf16>
  return %r : tensor<8x1x64xbf16>
}
