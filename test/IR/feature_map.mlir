// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// As many features as elements: the type is written once.
// CHECK-LABEL: func @same_width
// CHECK: attn.feature_map elu1 %{{.*}} : tensor<?x8x?x64xbf16>{{$}}
// CHECK: attn.feature_map softmax %{{.*}} : tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xf32>
func.func @same_width(%x: tensor<?x8x?x64xbf16>) -> (tensor<?x8x?x64xbf16>, tensor<?x8x?x64xf32>) {
  %f = attn.feature_map elu1 %x : tensor<?x8x?x64xbf16>
  %g = attn.feature_map softmax %x : tensor<?x8x?x64xbf16> -> tensor<?x8x?x64xf32>
  return %f, %g : tensor<?x8x?x64xbf16>, tensor<?x8x?x64xf32>
}

// The features of the second-order polynomial of a product: 1 + 16 + 16 * 17 / 2.
// CHECK-LABEL: func @taylor
// CHECK: attn.feature_map taylor2 %{{.*}} : tensor<8x?x16xf32> -> tensor<8x?x153xf32>
func.func @taylor(%x: tensor<8x?x16xf32>) -> tensor<8x?x153xf32> {
  %f = attn.feature_map taylor2 %x : tensor<8x?x16xf32> -> tensor<8x?x153xf32>
  return %f : tensor<8x?x153xf32>
}

// Random features, of keys.
// CHECK-LABEL: func @favor
// CHECK: attn.feature_map favor %{{.*}} features(%{{.*}} : tensor<256x64xf32>) role(key) : tensor<8x?x64xf32> -> tensor<8x?x256xf32>
func.func @favor(%x: tensor<8x?x64xf32>, %w: tensor<256x64xf32>) -> tensor<8x?x256xf32> {
  %f = attn.feature_map favor %x features(%w : tensor<256x64xf32>) role(key) : tensor<8x?x64xf32> -> tensor<8x?x256xf32>
  return %f : tensor<8x?x256xf32>
}

// Features that know where their row stands.
// CHECK-LABEL: func @positions
// CHECK: attn.feature_map cos %{{.*}} length(%{{.*}}) offset(%{{.*}} : tensor<?xi32>) : tensor<?x8x?x64xf32> -> tensor<?x8x?x128xf32>
func.func @positions(%x: tensor<?x8x?x64xf32>, %o: tensor<?xi32>) -> tensor<?x8x?x128xf32> {
  %l = arith.constant 4096 : index
  %f = attn.feature_map cos %x length(%l) offset(%o : tensor<?xi32>) : tensor<?x8x?x64xf32> -> tensor<?x8x?x128xf32>
  return %f : tensor<?x8x?x128xf32>
}

// Any function of an element.
// CHECK-LABEL: func @program
// CHECK: attn.feature_map pointwise %{{.*}} : tensor<8x?x64xf32> {
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[E]], %[[E]] : f32
// CHECK-NEXT: attn.yield %[[Y]] : f32
func.func @program(%x: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %f = attn.feature_map pointwise %x : tensor<8x?x64xf32> {
  ^bb0(%e: f32):
    %y = arith.mulf %e, %e : f32
    attn.yield %y : f32
  }
  return %f : tensor<8x?x64xf32>
}
