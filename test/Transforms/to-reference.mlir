// RUN: attn-opt %s --attn-to-reference --canonicalize | FileCheck %s

// The signature stays; everything between is f64 and rounded once. A value
// behind a score of -inf does not reach the sum.
// CHECK-LABEL: func @sdpa(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<?x4x?x8xf32>, %[[K:[^:]*]]: tensor<?x4x?x8xf32>, %[[V:[^:]*]]: tensor<?x4x?x5xf32>) -> (tensor<?x4x?x5xf32>, tensor<?x4x?xf32>)
// CHECK-NOT:     attn.sdpa
// CHECK-DAG:     %[[NONE:.*]] = arith.constant 0xFFF0000000000000 : f64
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f64
// CHECK:         %[[V64:.*]] = linalg.generic {{.*}} ins(%[[V]] : tensor<?x4x?x5xf32>) outs(%{{.*}} : tensor<?x4x?x5xf64>)
// CHECK:           arith.extf %{{.*}} : f32 to f64
// CHECK:         %[[T:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<?x4x?x?xf64>)
// CHECK:           arith.mulf %{{.*}} : f64
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} ins(%[[T]] : tensor<?x4x?x?xf64>)
// CHECK:           arith.cmpi sle
// CHECK:           arith.select %{{.*}}, %{{.*}}, %[[NONE]] : f64
// CHECK:         %[[M:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<?x4x?x?xf64>)
// CHECK:           arith.maximumf
// CHECK:         %[[E:.*]] = linalg.generic {{.*}} ins(%[[S]], %[[M]]
// CHECK:           math.exp
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[E]] : tensor<?x4x?x?xf64>)
// CHECK:         %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[S]], %[[E]], %[[V64]]
// CHECK:           %[[PRODUCT:.*]] = arith.mulf
// CHECK:           %[[MASKED:.*]] = arith.cmpf oeq, %{{.*}}, %[[NONE]]
// CHECK:           %[[TERM:.*]] = arith.select %[[MASKED]], %[[ZERO]], %[[PRODUCT]]
// CHECK:           arith.addf %{{.*}}, %[[TERM]]
// CHECK:         %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[ACC]], %[[SUM]]
// CHECK:         %[[LSE:.*]] = linalg.generic {{.*}} ins(%[[M]], %[[SUM]]
// CHECK:           math.log
// CHECK-DAG:     linalg.generic {{.*}} ins(%[[OUT]] : tensor<?x4x?x5xf64>) outs(%{{.*}} : tensor<?x4x?x5xf32>)
// CHECK-DAG:     linalg.generic {{.*}} ins(%[[LSE]] : tensor<?x4x?xf64>) outs(%{{.*}} : tensor<?x4x?xf32>)
// CHECK:         return %{{.*}} : tensor<?x4x?x5xf32>, tensor<?x4x?xf32>
func.func @sdpa(%q: tensor<?x4x?x8xf32>, %k: tensor<?x4x?x8xf32>, %v: tensor<?x4x?x5xf32>) -> (tensor<?x4x?x5xf32>, tensor<?x4x?xf32>) {
  %o, %l = attn.sdpa %q, %k, %v mask(causal) align(top_left)
    : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x5xf32>) -> (tensor<?x4x?x5xf32>, tensor<?x4x?xf32>)
  return %o, %l : tensor<?x4x?x5xf32>, tensor<?x4x?xf32>
}

// Narrow types are extended and rounded by way of f32; without a log-sum-exp
// none is computed.
// CHECK-LABEL: func @narrow(
// CHECK:           %[[F32:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:           arith.extf %[[F32]] : f32 to f64
// CHECK-NOT:       math.log
// CHECK:           %[[ROUNDED:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK:           arith.truncf %[[ROUNDED]] : f32 to bf16
func.func @narrow(%q: tensor<4x?x8xbf16>) -> tensor<4x?x8xbf16> {
  %o = attn.sdpa %q, %q, %q : (tensor<4x?x8xbf16>, tensor<4x?x8xbf16>, tensor<4x?x8xbf16>) -> tensor<4x?x8xbf16>
  return %o : tensor<4x?x8xbf16>
}

// One op's f64 results are the next one's operands: nothing is rounded between
// rope, weights, sdpa and merge.
// CHECK-LABEL: func @chain(
// CHECK-NOT:     arith.truncf
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<2x4x8xf32>)
// CHECK:           arith.truncf %{{.*}} : f64 to f32
// CHECK-NOT:     arith.truncf
// CHECK:         return
func.func @chain(%q: tensor<2x4x8xf32>, %cos: tensor<4x4xf32>, %sin: tensor<4x4xf32>) -> tensor<2x4x8xf32> {
  %r = attn.rope %q, %cos, %sin layout(half) : tensor<2x4x8xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  %a, %la = attn.sdpa %r, %q, %q : (tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> (tensor<2x4x8xf32>, tensor<2x4xf32>)
  %b, %lb = attn.sdpa %a, %q, %q : (tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> (tensor<2x4x8xf32>, tensor<2x4xf32>)
  %o, %l = attn.merge (%a, %la), (%b, %lb) : tensor<2x4x8xf32>, tensor<2x4xf32>
  return %o : tensor<2x4x8xf32>
}

// A layer is projected in f64, its core works on the f64 heads.
// CHECK-LABEL: func @layer(
// CHECK-NOT:     arith.truncf
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2x4x4xf64>)
// CHECK:           math.exp {{.*}} : f64
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<1x4x8xf32>)
// CHECK:           arith.truncf
func.func @layer(%x: tensor<1x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<1x4x8xf32> {
  %y = attn.layer %x, %w, %w, %w output(%w : tensor<8x8xf32>) heads(2) kv_heads(2) {
  ^bb0(%q: tensor<1x2x4x4xf32>, %k: tensor<1x2x4x4xf32>, %v: tensor<1x2x4x4xf32>):
    %p = attn.weights %q, %k : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
    %o = attn.sdpa %p, %k, %v : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
    attn.yield %o : tensor<1x2x4x4xf32>
  } : (tensor<1x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}

// What the core does besides is done on rounded tensors, as it was written.
// CHECK-LABEL: func @foreign_core(
// CHECK:         %[[V:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2x4x4xf32>)
// CHECK:           arith.truncf
// CHECK:         arith.negf %[[V]] : tensor<1x2x4x4xf32>
func.func @foreign_core(%x: tensor<1x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<1x4x8xf32> {
  %y = attn.layer %x, %w, %w, %w heads(2) kv_heads(2) {
  ^bb0(%q: tensor<1x2x4x4xf32>, %k: tensor<1x2x4x4xf32>, %v: tensor<1x2x4x4xf32>):
    %o = arith.negf %v : tensor<1x2x4x4xf32>
    attn.yield %o : tensor<1x2x4x4xf32>
  } : (tensor<1x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<1x4x8xf32>
  return %y : tensor<1x4x8xf32>
}

// The arithmetic of a score program is done in f64, its constants included;
// loads and bit casts keep their types.
// CHECK-LABEL: func @program(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<8x4x64xf32>, %[[SLOPES:[^:]*]]: tensor<8xf32>)
// CHECK-DAG:     %[[CAP:.*]] = arith.constant 5.000000e+01 : f64
// CHECK:           %[[DISTANCE:.*]] = arith.sitofp %{{.*}} : i32 to f64
// CHECK:           %[[SLOPE:.*]] = tensor.extract %[[SLOPES]]
// CHECK:           %[[WIDE:.*]] = arith.extf %[[SLOPE]] : f32 to f64
// CHECK:           %[[PENALTY:.*]] = arith.mulf %[[WIDE]], %[[DISTANCE]] : f64
// CHECK:           %[[BIASED:.*]] = arith.subf %{{.*}}, %[[PENALTY]] : f64
// CHECK:           %[[RATIO:.*]] = arith.divf %[[BIASED]], %[[CAP]] : f64
// CHECK:           %[[TANH:.*]] = math.tanh %[[RATIO]] : f64
// CHECK:           %[[SINGLE:.*]] = arith.truncf %[[TANH]] : f64 to f32
// CHECK:           %[[BITS:.*]] = arith.bitcast %[[SINGLE]] : f32 to i32
// CHECK:           arith.ori %[[BITS]]
func.func @program(%q: tensor<8x4x64xf32>, %slopes: tensor<8xf32>) -> tensor<8x4x64xf32> {
  %o = attn.sdpa %q, %q, %q score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %distance = arith.subi %i, %j : index
    %distance_i32 = arith.index_cast %distance : index to i32
    %distance_f32 = arith.sitofp %distance_i32 : i32 to f32
    %slope = tensor.extract %slopes[%h] : tensor<8xf32>
    %penalty = arith.mulf %slope, %distance_f32 : f32
    %biased = arith.subf %s, %penalty : f32
    %cap = arith.constant 5.0e+01 : f32
    %ratio = arith.divf %biased, %cap : f32
    %bounded = math.tanh %ratio : f32
    %bits = arith.bitcast %bounded : f32 to i32
    %one = arith.constant 1 : i32
    %odd = arith.ori %bits, %one : i32
    %back = arith.bitcast %odd : i32 to f32
    %capped = arith.mulf %back, %cap : f32
    attn.yield %capped : f32
  } : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x64xf32>
  return %o : tensor<8x4x64xf32>
}

// Quantised keys are multiplied by their scales in f64, whatever their type.
// CHECK-LABEL: func @quantised(
// CHECK-SAME:    %[[Q:[^:]*]]: tensor<2x4x8xf32>, %[[K:[^:]*]]: tensor<2x4x8xi8>, %[[V:[^:]*]]: tensor<2x4x8xf8E4M3FN>, %[[S:[^:]*]]: tensor<2x4xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[K]], %[[S]] : {{.*}}) outs(%{{.*}} : tensor<2x4x8xf64>)
// CHECK:           %[[NUMBER:.*]] = arith.sitofp %{{.*}} : i8 to f64
// CHECK:           %[[SCALE:.*]] = arith.extf %{{.*}} : f32 to f64
// CHECK:           arith.mulf %[[NUMBER]], %[[SCALE]] : f64
func.func @quantised(%q: tensor<2x4x8xf32>, %k: tensor<2x4x8xi8>, %v: tensor<2x4x8xf8E4M3FN>, %s: tensor<2x4xf32>) -> tensor<2x4x8xf32> {
  %o = attn.sdpa %q, %k, %v key_scale(%s : tensor<2x4xf32>) value_scale(%s : tensor<2x4xf32>) : (tensor<2x4x8xf32>, tensor<2x4x8xi8>, tensor<2x4x8xf8E4M3FN>) -> tensor<2x4x8xf32>
  return %o : tensor<2x4x8xf32>
}

// Without softmax there is no exponential and no maximum; a masked pair weighs 0.
// CHECK-LABEL: func @unnormalized(
// CHECK-NOT:     math.exp
// CHECK-NOT:     arith.maximumf
// CHECK:         linalg.generic
// CHECK-NOT:     math.exp
// CHECK-NOT:     arith.maximumf
// CHECK:         return
func.func @unnormalized(%q: tensor<8x4x64xf32>) -> tensor<8x4x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) normalize(none) : (tensor<8x4x64xf32>, tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x64xf32>
  return %o : tensor<8x4x64xf32>
}
