// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{takes ('index', 'index', 'index'), expected b, h, i and j as index and then tensors of numbers}}
attn.predicate @few(%b: index, %h: index, %i: index) {
  %true = arith.constant true
  attn.yield %true : i1
}

// -----

// expected-error @below {{expected b, h, i and j as index and then tensors of numbers}}
attn.predicate @buffer(%b: index, %h: index, %i: index, %j: index, %x: memref<4xi32>) {
  %true = arith.constant true
  attn.yield %true : i1
}

// -----

// expected-error @below {{must end in attn.yield of one i1}}
attn.predicate @number(%b: index, %h: index, %i: index, %j: index) {
  attn.yield %i : index
}

// -----

// Code that is not straight is for no vector.
// expected-error @below {{has scf.if, expected straight-line code}}
attn.predicate @branch(%b: index, %h: index, %i: index, %j: index) {
  %true = arith.constant true
  // expected-note @below {{it is here}}
  %kept = scf.if %true -> i1 {
    scf.yield %true : i1
  } else {
    scf.yield %true : i1
  }
  attn.yield %kept : i1
}

// -----

// expected-error @below {{has memref.alloc, expected no op with side effects}}
attn.predicate @effect(%b: index, %h: index, %i: index, %j: index) {
  // expected-note @below {{it is here}}
  %x = memref.alloc() : memref<4xi1>
  %true = arith.constant true
  attn.yield %true : i1
}

// -----

// Its names are its own: it calls nothing of the module.
func.func private @ask(index, index) -> i1
attn.predicate @call(%b: index, %h: index, %i: index, %j: index) {
  // expected-error @below {{'ask' does not reference a valid function}}
  %kept = func.call @ask(%i, %j) : (index, index) -> i1
  attn.yield %kept : i1
}

// -----

// A tensor of its own is no array that a kernel reads.
// expected-error @below {{has arith.constant, expected elementwise ops on numbers, tensor.extract or tensor.dim}}
attn.predicate @tensor(%b: index, %h: index, %i: index, %j: index) {
  // expected-note @below {{it is here}}
  %x = arith.constant dense<true> : tensor<4xi1>
  %kept = tensor.extract %x[%j] : tensor<4xi1>
  attn.yield %kept : i1
}

// -----

// expected-error @below {{has tensor.dim, expected a constant dimension below the rank, 1}}
attn.predicate @dim(%b: index, %h: index, %i: index, %j: index, %x: tensor<?xi32>) {
  // expected-note @below {{it is here}}
  %n = tensor.dim %x, %j : tensor<?xi32>
  %kept = arith.cmpi slt, %j, %n : index
  attn.yield %kept : i1
}
