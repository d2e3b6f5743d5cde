// RUN: attn-opt %s --attn-raise-score --canonicalize | FileCheck %s
// RUN: attn-opt %s --attn-raise-score --attn-simplify-masks --canonicalize | FileCheck %s --check-prefix=SIMPLE
// RUN: attn-opt %s --attn-raise-score --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A choice of -inf where j > i is the causal mask; positions need an alignment.
// CHECK-LABEL: func @causal(
// CHECK-NOT: score
// CHECK: attn.sdpa {{.*}} mask(all(full, window<*, 0>)) align(top_left) :
// SIMPLE-LABEL: func @causal(
// SIMPLE: attn.sdpa {{.*}} mask(causal) align(top_left) :
// REMARK: a choice of -inf in the score program is mask
func.func @causal(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %past = arith.cmpi sle, %j, %i : index
    %kept = arith.select %past, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// The sides swapped, in i32, with what was in the mask before.
// CHECK-LABEL: func @window(
// CHECK-NOT: score
// SIMPLE-LABEL: func @window(
// SIMPLE: attn.sdpa {{.*}} mask(window<15, 0>) align(bottom_right) :
func.func @window(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %c16 = arith.constant 16 : i32
    %i32 = arith.index_cast %i : index to i32
    %j32 = arith.index_cast %j : index to i32
    %distance = arith.subi %i32, %j32 overflow<nsw> : i32
    %far = arith.cmpi sge, %distance, %c16 : i32
    %kept = arith.select %far, %none, %s : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// Disjunctions, negations, multiples of the distance, keys alone; what is left stays.
// CHECK-LABEL: func @several(
// CHECK: attn.sdpa {{.*}} mask(all(full, any(window<3, *>, cols<4>))) align(top_left) score
// CHECK: arith.subf
func.func @several(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c7 = arith.constant 7 : index
    %one = arith.constant 1.0 : f32
    %true = arith.constant true
    %distance = arith.subi %i, %j : index
    %double = arith.muli %distance, %c2 : index
    %near = arith.cmpi sle, %double, %c7 : index
    %late = arith.cmpi sgt, %j, %c3 : index
    %early = arith.xori %late, %true : i1
    %both = arith.ori %near, %early : i1
    %less = arith.subf %s, %one : f32
    %kept = arith.select %both, %less, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Distances below 0 only: the opposite of a window.
// SIMPLE-LABEL: func @future(
// SIMPLE: attn.sdpa {{.*}} mask(not(window<*, 1>)) align(top_left) :
func.func @future(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k align(top_left) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %c2 = arith.constant 2 : index
    %ahead = arith.subi %j, %i : index
    %future = arith.cmpi sge, %ahead, %c2 : index
    %kept = arith.select %future, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Of a conjunction, the part that a mask can say moves; the other part stays a choice.
// CHECK-LABEL: func @part(
// CHECK-SAME: %{{.*}}: {{.*}}, %{{.*}}: {{.*}}, %[[DOCS:.*]]: tensor<16xi32>
// CHECK: attn.sdpa {{.*}} mask(all(full, window<*, 0>)) align(top_left) score
// CHECK: tensor.extract %[[DOCS]]
// CHECK: %[[SAME:.*]] = arith.cmpi eq
// CHECK: arith.select %[[SAME]]
func.func @part(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %docs: tensor<16xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %mine = tensor.extract %docs[%i] : tensor<16xi32>
    %yours = tensor.extract %docs[%j] : tensor<16xi32>
    %same = arith.cmpi eq, %mine, %yours : i32
    %past = arith.cmpi sge, %i, %j : index
    %both = arith.andi %same, %past : i1
    %kept = arith.select %both, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// A softcap, by a quotient.
// CHECK-LABEL: func @softcap(
// CHECK-NOT: score
// CHECK: attn.sdpa {{.*}} softcap(3.000000e+01) :
func.func @softcap(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %cap = arith.constant 30.0 : f32
    %ratio = arith.divf %s, %cap : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %cap, %bounded : f32
    attn.yield %capped : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// A softcap by a product, under a mask; and attn.weights.
// CHECK-LABEL: func @softcap_of_weights(
// CHECK: attn.weights {{.*}} mask(all(full, cols<3>)) softcap(4.000000e+00) :
func.func @softcap_of_weights(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x16xf32> {
  %o = attn.weights %q, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %c3 = arith.constant 3 : index
    %cap = arith.constant 4.0 : f32
    %inverse = arith.constant 0.25 : f32
    %ratio = arith.mulf %inverse, %s : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %bounded, %cap : f32
    %first = arith.cmpi slt, %j, %c3 : index
    %kept = arith.select %first, %capped, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x16xf32>
  return %o : tensor<2x16x16xf32>
}

// A bias, widened from the type of the query.
// CHECK-LABEL: func @bias(
// CHECK-SAME: %[[TABLE:[a-z0-9]*]]: tensor<2x16x24xbf16>
// CHECK-NOT: score
// CHECK: attn.sdpa {{.*}} align(top_left) bias(%[[TABLE]] : tensor<2x16x24xbf16>) :
func.func @bias(%q: tensor<2x16x8xbf16>, %k: tensor<2x24x8xbf16>, %table: tensor<2x16x24xbf16>) -> tensor<2x16x8xbf16> {
  %o = attn.sdpa %q, %k, %k align(top_left) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %term = tensor.extract %table[%h, %i, %j] : tensor<2x16x24xbf16>
    %wide = arith.extf %term : bf16 to f32
    %sum = arith.addf %wide, %s : f32
    attn.yield %sum : f32
  } : (tensor<2x16x8xbf16>, tensor<2x24x8xbf16>, tensor<2x24x8xbf16>) -> tensor<2x16x8xbf16>
  return %o : tensor<2x16x8xbf16>
}

// No mask: a finite number keeps the pairs.
// CHECK-LABEL: func @finite(
// CHECK: attn.sdpa {{.*}}, {{%[a-z0-9]+}} score
func.func @finite(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %low = arith.constant -1.0e+30 : f32
    %past = arith.cmpi sle, %j, %i : index
    %kept = arith.select %past, %s, %low : f32
    attn.yield %kept : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// No mask: the choice is not the last step, the distance may overflow, the sum of
// positions is no interval, i alone is no row, and an unsigned order is another.
// CHECK-LABEL: func @near_misses(
// CHECK-COUNT-5: attn.sdpa {{.*}}, {{%[a-z0-9]+}} align(bottom_right) score
func.func @near_misses(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) {
  %none = arith.constant 0xFF800000 : f32
  %c5 = arith.constant 5 : index
  %c9 = arith.constant 9 : i32
  %0 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %past = arith.cmpi sle, %j, %i : index
    %kept = arith.select %past, %s, %none : f32
    %exp = math.exp %kept : f32
    attn.yield %exp : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %1 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %i32 = arith.index_cast %i : index to i32
    %j32 = arith.index_cast %j : index to i32
    %distance = arith.subi %i32, %j32 : i32
    %near = arith.cmpi sle, %distance, %c9 : i32
    %kept = arith.select %near, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %2 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %sum = arith.addi %i, %j : index
    %low = arith.cmpi sle, %sum, %c5 : index
    %kept = arith.select %low, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %3 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %first = arith.cmpi slt, %i, %c5 : index
    %kept = arith.select %first, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %4 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %past = arith.cmpi ule, %j, %i : index
    %kept = arith.select %past, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %0, %1, %2, %3, %4 : tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>
}

// No softcap: the caps differ, or are below 0.
// CHECK-LABEL: func @no_softcap(
// CHECK-NOT: softcap
// CHECK: return
func.func @no_softcap(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %cap = arith.constant 30.0 : f32
    %other = arith.constant 31.0 : f32
    %ratio = arith.divf %s, %cap : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %other, %bounded : f32
    attn.yield %capped : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %cap = arith.constant -30.0 : f32
    %ratio = arith.divf %s, %cap : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %cap, %bounded : f32
    attn.yield %capped : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1 : tensor<2x16x8xf32>, tensor<2x16x8xf32>
}

// No bias: positions are not rows; the table is larger; its indices are swapped.
// CHECK-LABEL: func @no_bias(
// CHECK-NOT: bias(
// CHECK: return
func.func @no_bias(%q: tensor<2x16x8xf32>, %k: tensor<2x24x8xf32>, %t: tensor<2x16x24xf32>, %wide: tensor<2x16x32xf32>, %kk: tensor<2x16x8xf32>, %square: tensor<2x16x16xf32>)
    -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k align(bottom_right) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %term = tensor.extract %t[%h, %i, %j] : tensor<2x16x24xf32>
    %sum = arith.addf %s, %term : f32
    attn.yield %sum : f32
  } : (tensor<2x16x8xf32>, tensor<2x24x8xf32>, tensor<2x24x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k align(top_left) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %term = tensor.extract %wide[%h, %i, %j] : tensor<2x16x32xf32>
    %sum = arith.addf %s, %term : f32
    attn.yield %sum : f32
  } : (tensor<2x16x8xf32>, tensor<2x24x8xf32>, tensor<2x24x8xf32>) -> tensor<2x16x8xf32>
  %2 = attn.sdpa %q, %kk, %kk score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %term = tensor.extract %square[%h, %j, %i] : tensor<2x16x16xf32>
    %sum = arith.addf %s, %term : f32
    attn.yield %sum : f32
  } : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1, %2 : tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>
}

// Without softmax -inf is a score like others: the choice stays, and so does a choice of 0,
// which multiplies a value where a mask would not read it. A softcap is the same with and
// without.
// CHECK-LABEL: func @unnormalized(
// CHECK: attn.sdpa {{.*}} normalize(none) score
// CHECK-NOT: mask
// CHECK: attn.sdpa {{.*}} softcap(3.000000e+01) normalize(none) :
func.func @unnormalized(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> (tensor<2x?x8xf32>, tensor<2x?x8xf32>) {
  %o = attn.sdpa %q, %k, %k normalize(none) align(top_left) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %none = arith.constant 0xFF800000 : f32
    %past = arith.cmpi sle, %j, %i : index
    %kept = arith.select %past, %s, %none : f32
    attn.yield %kept : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %p = attn.sdpa %q, %k, %k normalize(none) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %cap = arith.constant 30.0 : f32
    %ratio = arith.divf %s, %cap : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %bounded, %cap : f32
    attn.yield %capped : f32
  } : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o, %p : tensor<2x?x8xf32>, tensor<2x?x8xf32>
}
