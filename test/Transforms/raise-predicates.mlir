// RUN: attn-opt %s --attn-raise-predicates --canonicalize | FileCheck %s
// RUN: attn-opt %s --attn-raise-predicates --attn-simplify-masks | FileCheck %s --check-prefix=SIMPLE
// RUN: attn-opt %s --attn-raise-predicates --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Comparisons of affine functions of i and j: nothing is left of the code.
attn.predicate @sliding(%b: index, %h: index, %i: index, %j: index) {
  %c256 = arith.constant 256 : index
  %past = arith.cmpi sle, %j, %i : index
  %distance = arith.subi %i, %j : index
  %near = arith.cmpi slt, %distance, %c256 : index
  %kept = arith.andi %past, %near : i1
  attn.yield %kept : i1
}

// CHECK-LABEL: func @use_sliding(
// CHECK: attn.sdpa {{.*}} mask(all(window<*, 0>, window<255, *>)) align(bottom_right) :
// SIMPLE-LABEL: func @use_sliding(
// SIMPLE: attn.sdpa {{.*}} mask(window<255, 0>) align(bottom_right) :
// REMARK: mask #attn.pred<@sliding, false, false> is #attn.all
func.func @use_sliding(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(pred<@sliding>) align(bottom_right) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// What is not recognised becomes a predicate of its own, which names what it reads; negations
// go where they belong.
attn.predicate @mixed(%b: index, %h: index, %i: index, %j: index, %unused: tensor<?xf32>, %seg: tensor<?xi32>) {
  %true = arith.constant true
  %x = tensor.extract %seg[%i] : tensor<?xi32>
  %y = tensor.extract %seg[%j] : tensor<?xi32>
  %same = arith.cmpi eq, %x, %y : i32
  %future = arith.cmpi slt, %i, %j : index
  %dropped = arith.ori %future, %same : i1
  %kept = arith.xori %dropped, %true : i1
  attn.yield %kept : i1
}

// CHECK-LABEL: func @use_mixed(
// CHECK-SAME: %[[SEG:[^ ]*]]: tensor<?xi32>, %{{.*}}: tensor<?xf32>)
// CHECK: attn.sdpa {{.*}} mask(any(cols<4>, all(window<*, 0>, not(pred<@[[PART:.*]], any_batch, any_head>(%[[SEG]] : tensor<?xi32>))))) :
func.func @use_mixed(%q: tensor<2x16x8xf32>, %seg: tensor<?xi32>, %u: tensor<?xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(any(cols<4>, pred<@mixed>(%u : tensor<?xf32>, %seg : tensor<?xi32>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// What is opaque throughout keeps its name, and says what it does not ask for.
attn.predicate @opaque(%b: index, %h: index, %i: index, %j: index) {
  %product = arith.muli %i, %j : index
  %kept = arith.cmpi slt, %h, %product : index
  attn.yield %kept : i1
}

// CHECK-LABEL: func @use_opaque(
// CHECK: attn.block_map mask(block<8, pred<@opaque, any_batch>>)
func.func @use_opaque(%n: index) -> !attn.blocks<16, 16> {
  %m = attn.block_map mask(block<8, pred<@opaque>>) shape(%n, %n) tile(16, 16) : !attn.blocks<16, 16>
  return %m : !attn.blocks<16, 16>
}

// Rows are raised where they are positions, and not where queries stand elsewhere.
attn.predicate @first(%b: index, %h: index, %i: index, %j: index) {
  %c3 = arith.constant 3 : index
  %kept = arith.cmpi slt, %i, %c3 : index
  attn.yield %kept : i1
}

// CHECK-LABEL: func @use_first(
// CHECK: attn.sdpa {{.*}} mask(rows<3>) align(top_left) :
// CHECK: attn.sdpa {{.*}} mask(pred<@first, any_batch, any_head>) align(bottom_right) :
func.func @use_first(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> (tensor<2x?x8xf32>, tensor<2x?x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(pred<@first>) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(pred<@first>) align(bottom_right) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %0, %1 : tensor<2x?x8xf32>, tensor<2x?x8xf32>
}
