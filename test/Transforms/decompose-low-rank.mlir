// RUN: attn-opt %s --attn-decompose-low-rank | FileCheck %s
// RUN: attn-opt %s --attn-decompose-low-rank --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN

// Keys and values are projected, and attended to; the rest is softmax attention.
// CHECK-LABEL: func @linformer(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x8x?x64xf32>, %[[K:[^:]*]]: tensor<?x2x?x64xf32>, %[[E:[^:]*]]: tensor<4x32x?xf32>
// CHECK:         %[[KEYS:.*]] = attn.compress %[[K]] matrix(%[[E]] : tensor<4x32x?xf32>) : tensor<?x2x?x64xf32> -> tensor<?x4x32x64xf32>
// CHECK:         %[[VALUES:.*]] = attn.compress %[[K]] matrix(%[[E]] : tensor<4x32x?xf32>)
// CHECK:         attn.sdpa %[[Q]], %[[KEYS]], %[[VALUES]] scale(5.000000e-01) :
// CHECK-NOT:     attn.linformer
func.func @linformer(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %e: tensor<4x32x?xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.linformer %q, %k, %k, %e, %e scale(0.5) : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, tensor<4x32x?xf32>, tensor<4x32x?xf32> -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// Landmarks attend to landmarks (unit vectors as values leave the probabilities), to the
// first keys of each batch element, and all queries to the landmarks. Each of 4 heads has an
// inverse, so that the landmarks of 2 key heads are repeated. Nobody asks for the residual.
// CHECK-LABEL: func @nystrom(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<2x4x?x16xf32>, %[[K:[^:]*]]: tensor<2x2x?x16xf32>, %[[V:[^:]*]]: tensor<2x2x?x8xf32>, %[[N:[^:]*]]: tensor<2xi32>
// CHECK:         %[[QL:.*]] = attn.compress %[[Q]] segment_mean(8) :
// CHECK:         %[[KL:.*]] = attn.compress %[[K]] segment_mean(8) lens(%[[N]] : tensor<2xi32>) :
// CHECK:         %[[ALL:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x4x8x16xf32>)
// CHECK:         %[[A:.*]] = attn.sdpa %[[QL]], %[[ALL]], %{{.*}} -> tensor<2x4x8x8xf32>
// CHECK:         %[[Z:.*]] = attn.pinv %[[A]] iters(6) : tensor<2x4x8x8xf32>{{$}}
// CHECK:         %[[R:.*]] = attn.sdpa %[[QL]], %[[K]], %[[V]] mask(lens(%[[N]] : tensor<2xi32>)) :
// CHECK:         %[[ZR:.*]] = attn.head_product %[[Z]], %[[R]] outs(
// CHECK:         %[[O:.*]] = attn.sdpa %[[Q]], %[[ALL]], %[[ZR]] :
// CHECK:         return %[[O]]
func.func @nystrom(%q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x8xf32>, %n: tensor<2xi32>) -> tensor<2x4x?x8xf32> {
  %o = attn.nystrom %q, %k, %v landmarks(8) lens(%n : tensor<2xi32>) : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x8xf32> -> tensor<2x4x?x8xf32>
  return %o : tensor<2x4x?x8xf32>
}

// Sixteen bits: everything is f32 in between. The convolution is a grid over rows.
// CHECK-LABEL: func @nystrom_bf16(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<4x?x16xbf16>
// CHECK:         scf.forall
// CHECK:           arith.extf %{{.*}} : bf16 to f32
// CHECK:         attn.pinv %{{.*}} solve(lu) : tensor<4x8x8xf32>, tensor<4xf32>
// CHECK:         attn.sdpa {{.*}} -> tensor<4x?x16xf32>
// CHECK:         scf.forall (%[[H:.*]], %[[I:.*]]) in
// CHECK:           %[[TAPS:.*]] = tensor.extract_slice %{{.*}}[%[[H]], %{{.*}}] [1, %{{.*}}] [1, 1] : tensor<4x5xbf16> to tensor<?xbf16>
// CHECK:           linalg.generic {{.*}} ins(%[[TAPS]], %{{.*}} : tensor<?xbf16>, tensor<?x16xf32>)
// CHECK:         arith.truncf %{{.*}} : f32 to bf16
func.func @nystrom_bf16(%q: tensor<4x?x16xbf16>, %w: tensor<4x5xbf16>) -> (tensor<4x?x16xbf16>, tensor<4xf32>) {
  %o, %r = attn.nystrom %q, %q, %q landmarks(8) solve(lu) skip(%w : tensor<4x5xbf16>) : tensor<4x?x16xbf16>, tensor<4x?x16xbf16>, tensor<4x?x16xbf16> -> tensor<4x?x16xbf16>, tensor<4xf32>
  return %o, %r : tensor<4x?x16xbf16>, tensor<4xf32>
}

// Absorbed: queries times w_uk, one head of keys that is the cache itself, and results times w_uv.
// CHECK-LABEL: func @absorbed(
// CHECK-SAME:    %[[QN:[^:]*]]: tensor<2x4x?x8xf32>, %[[QR:[^:]*]]: tensor<2x4x?x6xf32>, %[[C:[^:]*]]: tensor<2x?x16xf32>, %[[UK:[^:]*]]: tensor<4x10x8xf32>, %[[UV:[^:]*]]: tensor<4x10x12xf32>
// CHECK:         %[[QA:.*]] = attn.head_product %[[QN]], %[[UK]] transposed outs(
// CHECK:         tensor.insert_slice %[[QA]] into
// CHECK:         %[[QUERY:.*]] = tensor.insert_slice %[[QR]] into
// CHECK:         %[[SLICE:.*]] = tensor.extract_slice %[[C]][0, 0, 0] [2, %{{.*}}, 10] [1, 1, 1]
// CHECK:         %[[VALUE:.*]] = tensor.expand_shape %[[SLICE]] {{.*}} into tensor<2x1x?x10xf32>
// CHECK:         %[[KEY:.*]] = tensor.expand_shape %[[C]] {{.*}} into tensor<2x1x?x16xf32>
// CHECK:         %[[P:.*]] = attn.sdpa %[[QUERY]], %[[KEY]], %[[VALUE]] mask(causal) align(bottom_right) scale(0.26726124
// CHECK:         attn.head_product %[[P]], %[[UV]] outs(
func.func @absorbed(%a: tensor<2x4x?x8xf32>, %b: tensor<2x4x?x6xf32>, %c: tensor<2x?x16xf32>, %uk: tensor<4x10x8xf32>, %uv: tensor<4x10x12xf32>) -> tensor<2x4x?x12xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv mask(causal) align(bottom_right) form(absorbed) : tensor<2x4x?x8xf32>, tensor<2x4x?x6xf32>, tensor<2x?x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x?x12xf32>
  return %o : tensor<2x4x?x12xf32>
}

// Expanded: keys and values of each head.
// CHECK-LABEL: func @expanded(
// CHECK:         attn.head_product %{{.*}}, %{{.*}} outs({{.*}}) : tensor<2x1x7x10xf32>, tensor<4x10x8xf32> -> tensor<2x4x7x8xf32>
// CHECK:         attn.head_product %{{.*}}, %{{.*}} outs({{.*}}) : tensor<2x1x7x10xf32>, tensor<4x10x12xf32> -> tensor<2x4x7x12xf32>
// CHECK:         attn.sdpa {{.*}} : (tensor<2x4x5x14xf32>, tensor<2x4x7x14xf32>, tensor<2x4x7x12xf32>)
func.func @expanded(%a: tensor<2x4x5x8xf32>, %b: tensor<2x4x5x6xf32>, %c: tensor<2x7x10xf32>, %k: tensor<2x7x6xf32>, %uk: tensor<4x10x8xf32>, %uv: tensor<4x10x12xf32>) -> tensor<2x4x5x12xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv rope(%k : tensor<2x7x6xf32>) form(expanded) : tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>, tensor<2x7x10xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<2x4x5x12xf32>
  return %o : tensor<2x4x5x12xf32>
}

// One query of a long cache is absorbed, many queries are expanded.
// EXPLAIN: remark: absorbed for 1 queries and 4096 keys: absorbed multiplies {{.*}} times a head, expanded {{.*}} times
// EXPLAIN: remark: expanded for 4096 queries and 4096 keys
// CHECK-LABEL: func @decode(
// CHECK-NOT:     scf.if
// CHECK:         attn.sdpa {{.*}} -> tensor<1x16x1x512xf32>
func.func @decode(%a: tensor<1x16x1x128xf32>, %b: tensor<1x16x1x64xf32>, %c: tensor<1x4096x576xf32>, %uk: tensor<16x512x128xf32>, %uv: tensor<16x512x128xf32>) -> tensor<1x16x1x128xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv : tensor<1x16x1x128xf32>, tensor<1x16x1x64xf32>, tensor<1x4096x576xf32>, tensor<16x512x128xf32>, tensor<16x512x128xf32> -> tensor<1x16x1x128xf32>
  return %o : tensor<1x16x1x128xf32>
}
// CHECK-LABEL: func @prefill(
// CHECK-NOT:     scf.if
// CHECK:         attn.sdpa {{.*}} -> tensor<1x16x4096x128xf32>
func.func @prefill(%a: tensor<1x16x4096x128xf32>, %b: tensor<1x16x4096x64xf32>, %c: tensor<1x4096x576xf32>, %uk: tensor<16x512x128xf32>, %uv: tensor<16x512x128xf32>) -> tensor<1x16x4096x128xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv : tensor<1x16x4096x128xf32>, tensor<1x16x4096x64xf32>, tensor<1x4096x576xf32>, tensor<16x512x128xf32>, tensor<16x512x128xf32> -> tensor<1x16x4096x128xf32>
  return %o : tensor<1x16x4096x128xf32>
}

// Where lengths are known at run time only, they decide there.
// EXPLAIN: remark: absorbed or expanded by the number of queries and keys at run time
// CHECK-LABEL: func @any_length(
// CHECK:         %[[FEWER:.*]] = arith.cmpf ole
// CHECK:         scf.if %[[FEWER]]
// CHECK:           attn.sdpa {{.*}} tensor<1x1x?x16xf32>
// CHECK:         } else {
// CHECK:           attn.sdpa {{.*}} tensor<1x4x?x14xf32>
func.func @any_length(%a: tensor<1x4x?x8xf32>, %b: tensor<1x4x?x6xf32>, %c: tensor<1x?x16xf32>, %uk: tensor<4x10x8xf32>, %uv: tensor<4x10x12xf32>) -> tensor<1x4x?x12xf32> {
  %o = attn.latent %a, %b, %c, %uk, %uv : tensor<1x4x?x8xf32>, tensor<1x4x?x6xf32>, tensor<1x?x16xf32>, tensor<4x10x8xf32>, tensor<4x10x12xf32> -> tensor<1x4x?x12xf32>
  return %o : tensor<1x4x?x12xf32>
}
