// RUN: attn-opt %s --split-input-file --verify-diagnostics

// No code of that name.
func.func @unknown(%q: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  // expected-error @below {{mask pred names @keep, expected the module to have an attn.predicate}}
  %o = attn.sdpa %q, %q, %q mask(not(pred<@keep>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// -----

// A function is none.
func.func private @keep(index, index, index, index) -> i1
func.func @function(%n: index) -> !attn.blocks<8, 8> {
  // expected-error @below {{mask pred names @keep, which is no attn.predicate}}
  %m = attn.block_map mask(pred<@keep>) shape(%n, %n) tile(8, 8) : !attn.blocks<8, 8>
  return %m : !attn.blocks<8, 8>
}

// -----

attn.predicate @keep(%b: index, %h: index, %i: index, %j: index, %x: tensor<?xi32>) {
  %kept = arith.cmpi slt, %h, %j : index
  attn.yield %kept : i1
}
func.func @count(%q: tensor<2x16x8xf32>) -> tensor<2x16x16xf32> {
  // expected-error @below {{mask pred gives @keep 0 operands, expected 1}}
  %o = attn.weights %q, %q mask(pred<@keep>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x16xf32>
  return %o : tensor<2x16x16xf32>
}

// -----

attn.predicate @keep(%b: index, %h: index, %i: index, %j: index, %x: tensor<?xi32>) {
  %kept = arith.cmpi slt, %h, %j : index
  attn.yield %kept : i1
}
func.func @types(%q: tensor<2x16x8xf32>, %x: tensor<16x2xi32>) -> tensor<2x16x8xf32> {
  // expected-error @below {{mask pred gives @keep an operand of type 'tensor<16x2xi32>' for array 0, expected 'tensor<?xi32>'}}
  %o = attn.sdpa %q, %q, %q mask(pred<@keep>(%x : tensor<16x2xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// -----

attn.predicate @keep(%b: index, %h: index, %i: index, %j: index) {
  %kept = arith.cmpi slt, %h, %j : index
  attn.yield %kept : i1
}
func.func @claim(%q: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  // expected-error @below {{mask pred says any_head, but @keep uses its argument 1}}
  %o = attn.sdpa %q, %q, %q mask(pred<@keep, any_batch, any_head>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// -----

attn.predicate @keep(%b: index, %h: index, %i: index, %j: index) {
  %kept = arith.cmpi slt, %h, %j : index
  attn.yield %kept : i1
}
func.func @align(%q: tensor<2x1x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x1x8xf32> {
  // expected-error @below {{mask depends on the query position and M = 1 may differ from N = 16}}
  %o = attn.sdpa %q, %k, %k mask(pred<@keep>) : (tensor<2x1x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x1x8xf32>
  return %o : tensor<2x1x8xf32>
}

// -----

func.func @word(%q: tensor<2x16x8xf32>) {
  // expected-error @below {{expected any_batch or any_head}}
  %o = attn.sdpa %q, %q, %q mask(pred<@keep, any_key>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}
