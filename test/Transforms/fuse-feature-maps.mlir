// RUN: attn-opt %s --split-input-file --attn-partition-scans --attn-tile-keys --attn-fuse-feature-maps --canonicalize | FileCheck %s

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Features of 64 tokens at a time, in f32; none of all tokens.
// CHECK-LABEL: func @chunks
// CHECK-NOT: attn.feature_map
// CHECK: scf.for
// CHECK: %[[X:.*]] = tensor.extract_slice %{{.*}} : tensor<?x64xbf16> to tensor<?x64xbf16>
// CHECK: %[[F:.*]] = attn.map_features elu1 %[[X]] outs(%{{.*}} : tensor<?x64xf32>)
// CHECK: attn.linear_step %[[F]], %{{.*}} normalize(0.000000e+00)
// CHECK: scf.for
// CHECK: attn.map_features relu %{{.*}} outs(%{{.*}} : tensor<1x?x64xf32>)
// CHECK: attn.linear_read
func.func @chunks(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %fq = attn.feature_map relu %q : tensor<8x?x64xbf16>
  %fk = attn.feature_map elu1 %k : tensor<8x?x64xbf16>
  %o = attn.linear %fq, %fk, %v normalize schedule(#chunk) : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// A row of a chunk stands where it stood in the whole, plus the offset of its batch.
// CHECK-LABEL: func @positions
// CHECK-NOT: scf.forall {{.*}} in (%{{.*}}, %{{.*}})
// CHECK: scf.for %[[TOKEN:.*]] = %c0
// CHECK: %[[OFFSET:.*]] = arith.index_cast
// CHECK: %[[FIRST:.*]] = affine.apply #{{.*}}(%[[TOKEN]], %[[OFFSET]])
// CHECK: attn.map_features cos %{{.*}} length(%{{.*}}) position(%[[FIRST]])
func.func @positions(%q: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>, %p: tensor<?xi32>) -> tensor<?x8x?x64xf32> {
  %l = arith.constant 4096 : index
  %f = attn.feature_map cos %q length(%l) offset(%p : tensor<?xi32>) : tensor<?x8x?x64xf32> -> tensor<?x8x?x128xf32>
  %o = attn.linear %f, %f, %v causal normalize schedule(#chunk) : (tensor<?x8x?x128xf32>, tensor<?x8x?x128xf32>, tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// -----

// What is returned exists in full, of its own type, made by a grid over rows.
// CHECK-LABEL: func @returned
// CHECK: scf.forall (%{{.*}}) in (%{{.*}})
// CHECK: attn.map_features softmax %{{.*}} outs(%{{.*}} : tensor<8x?x64xbf16>) : tensor<8x?x64xbf16>
// CHECK: tensor.parallel_insert_slice
func.func @returned(%x: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %f = attn.feature_map softmax %x : tensor<8x?x64xbf16>
  return %f : tensor<8x?x64xbf16>
}

// -----

#chunk = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>

// Some of the features of a row are no features of some of its elements: the map
// stays whole. How many there are is not how many elements there are.
// CHECK-LABEL: func @some_features
// CHECK: scf.forall
// CHECK: attn.map_features hedgehog
// CHECK: scf.forall
// CHECK-NOT: attn.map_features
// CHECK: attn.linear_step
// CHECK: return %{{.*}}, %c128
func.func @some_features(%x: tensor<8x?x64xf32>, %n: index) -> (tensor<8x?x64xf32>, index) {
  %c2 = arith.constant 2 : index
  %f = attn.feature_map hedgehog %x : tensor<8x?x64xf32> -> tensor<8x?x128xf32>
  %d = tensor.dim %f, %c2 : tensor<8x?x128xf32>
  %s = tensor.extract_slice %f[0, 0, 32] [8, %n, 64] [1, 1, 1] : tensor<8x?x128xf32> to tensor<8x?x64xf32>
  %o = attn.linear %s, %s, %s causal schedule(#chunk) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o, %d : tensor<8x?x64xf32>, index
}
