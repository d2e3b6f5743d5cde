// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s

// A block of keys divides the pages of keys and of values: no more than 128 of them,
// no more than the smaller page.
// CHECK-LABEL: func @small_pages
// CHECK: attn.sdpa {{.*}} key_block = 16,
func.func @small_pages(%q: tensor<1x1x?x64xf32>, %kp: tensor<?x64x1x64xf32>, %vp: tensor<?x16x1x64xf32>, %kt: tensor<1x2xi32>, %vt: tensor<1x8xi32>) -> tensor<1x1x?x64xf32> {
  %k = attn.paged_view %kp, %kt : tensor<?x64x1x64xf32>, tensor<1x2xi32> -> tensor<1x1x128x64xf32>
  %v = attn.paged_view %vp, %vt : tensor<?x16x1x64xf32>, tensor<1x8xi32> -> tensor<1x1x128x64xf32>
  %o = attn.sdpa %q, %k, %v : (tensor<1x1x?x64xf32>, tensor<1x1x128x64xf32>, tensor<1x1x128x64xf32>) -> tensor<1x1x?x64xf32>
  return %o : tensor<1x1x?x64xf32>
}

// CHECK-LABEL: func @large_pages
// CHECK: attn.sdpa {{.*}} key_block = 128,
func.func @large_pages(%q: tensor<1x1x?x64xf32>, %p: tensor<?x1024x1x64xf32>, %t: tensor<1x?xi32>) -> tensor<1x1x?x64xf32> {
  %k = attn.paged_view %p, %t : tensor<?x1024x1x64xf32>, tensor<1x?xi32> -> tensor<1x1x?x64xf32>
  %o = attn.sdpa %q, %k, %k : (tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>) -> tensor<1x1x?x64xf32>
  return %o : tensor<1x1x?x64xf32>
}
