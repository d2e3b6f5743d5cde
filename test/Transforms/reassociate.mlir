// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// Keys and values first: 2 * 512 * 64 * 64 multiplications instead of 512 * 512 * 128.
// CHECK-LABEL: func @whole
// CHECK-SAME: (%[[Q:.*]]: tensor<8x512x64xf32>, %[[K:.*]]: tensor<8x64x512xf32>, %[[V:.*]]: tensor<8x512x64xf32>)
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[K]] : tensor<8x64x512xf32>)
// CHECK: attn.linear %[[Q]], %[[T]], %[[V]] scale(1.000000e+00)
// CHECK-NOT: linalg.batch_matmul
// STRICT-LABEL: func @whole
// STRICT-NOT: attn.linear
// STRICT-COUNT-2: linalg.batch_matmul
func.func @whole(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> tensor<8x512x64xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// Keys as rows need no transpose, a number between the products becomes the scale,
// and a choice by indices the order of tokens, whose number nobody has to know.
// CHECK-LABEL: func @causal
// CHECK-SAME: (%[[Q:.*]]: tensor<8x?x64xf32>, %[[K:.*]]: tensor<8x?x64xf32>, %[[V:.*]]: tensor<8x?x64xf32>
// CHECK: attn.linear %[[Q]], %[[K]], %[[V]] causal scale(1.250000e-01)
// CHECK-NOT: linalg.generic
func.func @causal(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>, %n: index) -> tensor<8x?x64xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.125 : f32
  %a = tensor.empty(%n, %n) : tensor<8x?x?xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<8x?x?xf32>) -> tensor<8x?x?xf32>
  %s = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>]
    ins(%q, %k : tensor<8x?x64xf32>, tensor<8x?x64xf32>) outs(%b : tensor<8x?x?xf32>) -> tensor<8x?x?xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : tensor<8x?x?xf32>) outs(%a : tensor<8x?x?xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<8x?x?xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%t : tensor<8x?x?xf32>) outs(%a : tensor<8x?x?xf32>) {
  ^bb0(%x: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c = arith.cmpi sge, %i, %j : index
    %y = arith.select %c, %x, %zero : f32
    linalg.yield %y : f32
  } -> tensor<8x?x?xf32>
  %c = tensor.empty(%n) : tensor<8x?x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  %o = linalg.batch_matmul ins(%u, %v : tensor<8x?x?xf32>, tensor<8x?x64xf32>) outs(%d : tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

// Powers of a half below the diagonal are a decay of log(1/2) a token.
// CHECK-LABEL: func @decay
// CHECK: %[[G:.*]] = arith.constant dense<-0.693147182> : tensor<2xf32>
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} decay(%[[G]] : tensor<2xf32>) causal
func.func @decay(%q: tensor<2x3x4xf32>, %k: tensor<2x4x3xf32>, %v: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %powers = arith.constant dense<[[1.0, 0.0, 0.0], [0.5, 1.0, 0.0], [0.25, 0.5, 1.0]]> : tensor<3x3xf32>
  %a = tensor.empty() : tensor<2x3x3xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%b : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s, %powers : tensor<2x3x3xf32>, tensor<3x3xf32>) outs(%a : tensor<2x3x3xf32>) {
  ^bb0(%x: f32, %p: f32, %out: f32):
    %y = arith.mulf %x, %p : f32
    linalg.yield %y : f32
  } -> tensor<2x3x3xf32>
  %c = tensor.empty() : tensor<2x3x4xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<2x3x3xf32>, tensor<2x3x4xf32>) outs(%d : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %o : tensor<2x3x4xf32>
}

// -----

// A chain of four: the product of the thin ones is small.
// CHECK-LABEL: func @chain
// CHECK-SAME: (%[[A:.*]]: tensor<100x100xf32>, %[[B:.*]]: tensor<100x4xf32>, %[[C:.*]]: tensor<4x100xf32>, %[[D:.*]]: tensor<100x4xf32>)
// CHECK: %[[CD:.*]] = linalg.matmul ins(%[[C]], %[[D]]
// CHECK: %[[BCD:.*]] = linalg.matmul ins(%[[B]], %[[CD]]
// CHECK: linalg.matmul ins(%[[A]], %[[BCD]]
// STRICT-LABEL: func @chain
// STRICT: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<100x100xf32>, tensor<100x4xf32>)
// STRICT: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<100x4xf32>, tensor<4x100xf32>)
func.func @chain(%a: tensor<100x100xf32>, %b: tensor<100x4xf32>, %c: tensor<4x100xf32>, %d: tensor<100x4xf32>) -> tensor<100x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<100x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<100x4xf32>) -> tensor<100x4xf32>
  %g = tensor.empty() : tensor<100x100xf32>
  %h = linalg.fill ins(%zero : f32) outs(%g : tensor<100x100xf32>) -> tensor<100x100xf32>
  %ab = linalg.matmul ins(%a, %b : tensor<100x100xf32>, tensor<100x4xf32>) outs(%f : tensor<100x4xf32>) -> tensor<100x4xf32>
  %abc = linalg.matmul ins(%ab, %c : tensor<100x4xf32>, tensor<4x100xf32>) outs(%h : tensor<100x100xf32>) -> tensor<100x100xf32>
  %abcd = linalg.matmul ins(%abc, %d : tensor<100x100xf32>, tensor<100x4xf32>) outs(%f : tensor<100x4xf32>) -> tensor<100x4xf32>
  return %abcd : tensor<100x4xf32>
}

// -----

// Attention without softmax over the past is linear attention, with its scale; that
// of a function of the scores is not.
// CHECK-LABEL: func @without_softmax
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} causal scale(1.250000e-01)
// CHECK: attn.sdpa {{.*}} normalize(none)
// STRICT-LABEL: func @without_softmax
// STRICT-COUNT-2: attn.sdpa
func.func @without_softmax(%q: tensor<8x512x64xf32>, %k: tensor<2x512x64xf32>, %v: tensor<2x512x64xf32>) -> (tensor<8x512x64xf32>, tensor<8x512x64xf32>) {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left) normalize(none) : (tensor<8x512x64xf32>, tensor<2x512x64xf32>, tensor<2x512x64xf32>) -> tensor<8x512x64xf32>
  %p = attn.sdpa %q, %k, %v normalize(none) softcap(2.0) : (tensor<8x512x64xf32>, tensor<2x512x64xf32>, tensor<2x512x64xf32>) -> tensor<8x512x64xf32>
  return %o, %p : tensor<8x512x64xf32>, tensor<8x512x64xf32>
}
