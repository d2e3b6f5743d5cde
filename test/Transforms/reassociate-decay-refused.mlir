// RUN: attn-opt %s --split-input-file --attn-reassociate | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// What grows with distance is no decay.
// REMARK: attention without softmax stays as it is: the score of head 0 is times exp({{.*}} (i - j)), expected a finite exponent of at most 0
// CHECK-LABEL: func @growing
// CHECK-NOT: attn.linear
func.func @growing(%q: tensor<4x100x64xf32>) -> tensor<4x100x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %g = arith.constant 1.5 : f32
      %n = arith.subi %i, %j : index
      %n32 = arith.index_cast %n : index to i32
      %w = math.fpowi %g, %n32 : f32, i32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}

// -----

// Nor is what decays towards the past of the key: j - i.
// REMARK: attention without softmax stays as it is: the score of head 0 is times exp(0.69 (i - j)), expected a finite exponent of at most 0
// CHECK-LABEL: func @backwards
// CHECK-NOT: attn.linear
func.func @backwards(%q: tensor<4x100x64xf32>) -> tensor<4x100x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %g = arith.constant 0.5 : f32
      %n = arith.subi %j, %i : index
      %n32 = arith.index_cast %n : index to i32
      %w = math.fpowi %g, %n32 : f32, i32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}

// -----

// Without a mask the power of a future key is more than 1.
// REMARK: attention without softmax stays as it is: powers of i - j without a causal mask grow for the future
// CHECK-LABEL: func @every_key
// CHECK-NOT: attn.linear
func.func @every_key(%q: tensor<4x100x64xf32>) -> tensor<4x100x64xf32> {
  %o = attn.sdpa %q, %q, %q normalize(none) align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %g = arith.constant 0.5 : f32
      %n = arith.subi %i, %j : index
      %n32 = arith.index_cast %n : index to i32
      %w = math.fpowi %g, %n32 : f32, i32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}

// -----

// A base that differs between queries has no state.
// REMARK: attention without softmax stays as it is: the score program is not the score times a number and powers of i - j whose bases depend on the head alone
// CHECK-LABEL: func @by_row
// CHECK-NOT: attn.linear
func.func @by_row(%q: tensor<4x100x64xf32>, %r: tensor<100xf32>) -> tensor<4x100x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %g = tensor.extract %r[%i] : tensor<100xf32>
      %n = arith.subi %i, %j : index
      %n32 = arith.index_cast %n : index to i32
      %w = math.fpowi %g, %n32 : f32, i32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}

// -----

// A square of the score is no product of queries and keys.
// REMARK: attention without softmax stays as it is: the score program is not the score times a number and powers
// CHECK-LABEL: func @square
// CHECK-NOT: attn.linear
func.func @square(%q: tensor<4x100x64xf32>) -> tensor<4x100x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %y = arith.mulf %s, %s : f32
      attn.yield %y : f32
    } : (tensor<4x100x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x100x64xf32>
  return %o : tensor<4x100x64xf32>
}

// -----

// One query of a decoding step stands behind many keys.
// REMARK: attention without softmax stays as it is: query i does not stand at key i
// CHECK-LABEL: func @decode
// CHECK-NOT: attn.linear
func.func @decode(%q: tensor<4x1x64xf32>, %k: tensor<4x?x64xf32>) -> tensor<4x1x64xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(bottom_right) normalize(none)
    : (tensor<4x1x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x1x64xf32>
  return %o : tensor<4x1x64xf32>
}

// -----

// Queries that an operand moves stand anywhere.
// REMARK: attention without softmax stays as it is: query i does not stand at key i
// CHECK-LABEL: func @offset
// CHECK-NOT: attn.linear
func.func @offset(%q: tensor<1x4x100x64xf32>, %o: tensor<1xi32>) -> tensor<1x4x100x64xf32> {
  %r = attn.sdpa %q, %q, %q mask(causal) offset(%o : tensor<1xi32>) normalize(none)
    : (tensor<1x4x100x64xf32>, tensor<1x4x100x64xf32>, tensor<1x4x100x64xf32>) -> tensor<1x4x100x64xf32>
  return %r : tensor<1x4x100x64xf32>
}
