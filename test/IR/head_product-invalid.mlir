// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%l: tensor<3x8xf32>, %r: tensor<8x6xf32>, %o: tensor<3x6xf32>) {
  // expected-error @below {{out has rank 2, expected [B, H, M, N] or [H, M, N]}}
  %p = attn.head_product %l, %r outs(%o : tensor<3x6xf32>) : tensor<3x8xf32>, tensor<8x6xf32> -> tensor<3x6xf32>
  return
}

// -----

func.func @lhs_rank(%l: tensor<8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{lhs has rank 1, expected a matrix, with heads and batch in front where out has them}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xf32>) : tensor<8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @rhs_rank(%l: tensor<3x8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<4x3x6xf32>) {
  // expected-error @below {{rhs has rank 4, expected a matrix, with heads and batch in front where out has them}}
  %p = attn.head_product %l, %r outs(%o : tensor<4x3x6xf32>) : tensor<3x8xf32>, tensor<2x4x8x6xf32> -> tensor<4x3x6xf32>
  return
}

// -----

func.func @element(%l: tensor<3x8xf64>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{lhs has element type 'f64', out has 'f32': expected them to be equal}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xf32>) : tensor<3x8xf64>, tensor<2x4x8x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @integers(%l: tensor<3x8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x3x6xi32>) {
  // expected-error @below {{out has element type 'i32', expected a float type}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xi32>) : tensor<3x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x3x6xi32>
  return
}

// -----

func.func @heads(%l: tensor<3x8xf32>, %r: tensor<2x3x8x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{rhs has 3 heads, out has 4: expected a divisor}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xf32>) : tensor<3x8xf32>, tensor<2x3x8x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @batch(%l: tensor<3x8xf32>, %r: tensor<3x4x8x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{rhs has batch size 3, out has 2: expected them to be equal}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xf32>) : tensor<3x8xf32>, tensor<3x4x8x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @depth(%l: tensor<3x8xf32>, %r: tensor<2x4x7x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{rhs has depth 7, lhs has 8: expected them to be equal}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x6xf32>) : tensor<3x8xf32>, tensor<2x4x7x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @depth_transposed(%l: tensor<3x8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x3x6xf32>) {
  // expected-error @below {{rhs has depth 6, lhs has 8: expected them to be equal}}
  %p = attn.head_product %l, %r transposed outs(%o : tensor<2x4x3x6xf32>) : tensor<3x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x3x6xf32>
  return
}

// -----

func.func @rows(%l: tensor<3x8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x4x6xf32>) {
  // expected-error @below {{out has row count 4, lhs has 3: expected them to be equal}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x4x6xf32>) : tensor<3x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x4x6xf32>
  return
}

// -----

func.func @columns(%l: tensor<3x8xf32>, %r: tensor<2x4x8x6xf32>, %o: tensor<2x4x3x5xf32>) {
  // expected-error @below {{out has column count 5, rhs has 6: expected them to be equal}}
  %p = attn.head_product %l, %r outs(%o : tensor<2x4x3x5xf32>) : tensor<3x8xf32>, tensor<2x4x8x6xf32> -> tensor<2x4x3x5xf32>
  return
}
