// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @keep(%n: index) {
  // expected-error @below {{keep is 0, expected 1 to 2147483647}}
  %0 = attn.random_limits mask(full) keep(0) seed(7) block(1) shape(%n, %n) batch(%n) heads(%n) : tensor<?x?x?xi64>
  return
}

// -----

func.func @block(%n: index) {
  // expected-error @below {{block is -2, expected 1 to 2147483647}}
  %0 = attn.random_limits mask(full) keep(1) seed(7) block(-2) shape(%n, %n) batch(%n) heads(%n) : tensor<?x?x?xi64>
  return
}

// -----

func.func @result(%n: index) {
  // expected-error @below {{result has type 'tensor<?x?xi64>', expected tensor<?x?x?xi64>}}
  %0 = attn.random_limits mask(full) keep(1) seed(7) block(1) shape(%n, %n) batch(%n) heads(%n) : tensor<?x?xi64>
  return
}

// -----

func.func @extent(%n: index) {
  %c = arith.constant -1 : index
  // expected-error @below {{H is -1, expected an extent not below 0}}
  %0 = attn.random_limits mask(full) keep(1) seed(7) block(1) shape(%n, %n) batch(%n) heads(%c) : tensor<?x?x?xi64>
  return
}

// -----

func.func @both(%n: index, %o: tensor<?xi32>) {
  // expected-error @below {{has both position and offset, expected one}}
  %0 = attn.random_limits mask(causal) keep(1) seed(7) block(1) shape(%n, %n) batch(%n) heads(%n) position(%n) offset(%o : tensor<?xi32>) : tensor<?x?x?xi64>
  return
}

// -----

func.func @offset(%n: index, %o: tensor<?x?xi32>) {
  // expected-error @below {{offset has rank 2, expected one element per batch}}
  %0 = attn.random_limits mask(causal) keep(1) seed(7) block(1) shape(%n, %n) batch(%n) heads(%n) offset(%o : tensor<?x?xi32>) : tensor<?x?x?xi64>
  return
}

// -----

// Masks are asked about blocks.
func.func @mask(%n: index) {
  %c = arith.constant 16 : index
  // expected-error @below {{mask grid has 16 points, expected one for each of 4 keys}}
  %0 = attn.random_limits mask(grid<[4, 4], [near<3>, full]>) keep(1) seed(7) block(4) shape(%c, %c) batch(%n) heads(%n) : tensor<?x?x?xi64>
  return
}
