// RUN: attn-opt %s --split-input-file --attn-reassociate --canonicalize | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate=fp=strict | FileCheck %s --check-prefix=STRICT

// Scores times a power of the distance are a decay of its logarithm, whatever the
// length: queries are keys.
// CHECK-LABEL: func @power
// CHECK: %[[G:.*]] = arith.constant dense<-0.10536{{.*}}> : tensor<4xf32>
// CHECK: attn.linear %{{.*}} decay(%[[G]] : tensor<4xf32>) causal scale(5.000000e-01)
// CHECK-NOT: scf.if
// STRICT-LABEL: func @power
// STRICT-NOT: attn.linear
func.func @power(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left) scale(0.25) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %g = arith.constant 9.0e-01 : f32
      %two = arith.constant 2.0 : f32
      %n = arith.subi %i, %j : index
      %n32 = arith.index_cast %n : index to i32
      %x = arith.sitofp %n32 : i32 to f32
      %w = math.powf %g, %x : f32
      %t = arith.mulf %s, %w : f32
      %y = arith.mulf %two, %t : f32
      attn.yield %y : f32
    } : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

// So is an exponential; bases of heads may be code of the head's number: those of
// RetNet, 1 - 2^(-5 - h).
// CHECK-LABEL: func @heads
// CHECK: %[[G:.*]] = arith.constant dense<[-0.03174{{.*}}, -0.01574{{.*}}]> : tensor<2xf32>
// CHECK: attn.linear %{{.*}} decay(%[[G]] : tensor<2xf32>) causal
func.func @heads(%q: tensor<2x100x64xf32>, %k: tensor<1x100x64xf32>) -> tensor<2x100x64xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(bottom_right) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1.0 : f32
      %five = arith.constant -5.0 : f32
      %h32 = arith.index_cast %h : index to i32
      %hf = arith.sitofp %h32 : i32 to f32
      %e = arith.subf %five, %hf : f32
      %p = math.exp2 %e : f32
      %g = arith.subf %one, %p : f32
      %l = math.log %g : f32
      %j32 = arith.index_cast %j : index to i32
      %i32 = arith.index_cast %i : index to i32
      %jf = arith.sitofp %j32 : i32 to f32
      %if = arith.sitofp %i32 : i32 to f32
      %n = arith.subf %jf, %if : f32
      %m = arith.mulf %l, %n : f32
      %r = arith.negf %m : f32
      %w = math.exp %r : f32
      %y = arith.mulf %w, %s : f32
      attn.yield %y : f32
    } : (tensor<2x100x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>) -> tensor<2x100x64xf32>
  return %o : tensor<2x100x64xf32>
}

// -----

// What an operand says is known at run time only: there is a condition on each head's
// logarithm, beside that on lengths.
// CHECK-LABEL: func @operand
// CHECK: %[[LOGS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2xf32>)
// CHECK: linalg.index 0
// CHECK: tensor.extract
// CHECK: %[[SQUARE:.*]] = arith.cmpi eq
// CHECK: %[[L0:.*]] = tensor.extract %[[LOGS]]
// CHECK: arith.cmpf ole, %[[L0]]
// CHECK: %[[OUT:.*]] = scf.if
// CHECK: attn.linear %{{.*}} decay(%[[LOGS]] : tensor<2xf32>) causal
// CHECK: } else {
// CHECK: attn.sdpa {{.*}} normalize(none)
func.func @operand(%q: tensor<3x2x?x8xf32>, %k: tensor<3x2x?x8xf32>, %r: tensor<2xf32>) -> tensor<3x2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(top_left) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %n = arith.subi %i, %j : index
      %n32 = arith.index_cast %n : index to i32
      %x = arith.sitofp %n32 : i32 to f32
      %l = tensor.extract %r[%h] : tensor<2xf32>
      %e = arith.mulf %x, %l : f32
      %w = math.exp2 %e : f32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<3x2x?x8xf32>, tensor<3x2x?x8xf32>, tensor<3x2x?x8xf32>) -> tensor<3x2x?x8xf32>
  return %o : tensor<3x2x?x8xf32>
}

// -----

// Without order, lengths decide at run time which products are fewer.
// CHECK-LABEL: func @lengths
// CHECK: %[[FEWER:.*]] = arith.cmpf ogt
// CHECK: scf.if %[[FEWER]]
// CHECK: attn.linear
// CHECK: } else {
// CHECK: attn.sdpa {{.*}} normalize(none)
// STRICT-LABEL: func @lengths
// STRICT-NOT: attn.linear
func.func @lengths(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %k normalize(none) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
