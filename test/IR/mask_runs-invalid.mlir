// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @tile(%first: tensor<?xi32>, %n: index) -> tensor<?x4x4xi32> {
  // expected-error @below {{has tiles of 0 keys, expected 1 to 2147483647}}
  %runs = attn.mask_runs mask(causal) shape(%n, %n) position(%n) at(%n, %n) tile(64, 0) rows(%first : tensor<?xi32>) : tensor<?x4x4xi32>
  return %runs : tensor<?x4x4xi32>
}

// -----

func.func @rows(%first: tensor<2x3xi32>, %n: index) -> tensor<2x4x4xi32> {
  // expected-error @below {{rows has rank 2, expected the first queries of ranges}}
  %runs = attn.mask_runs mask(causal) shape(%n, %n) position(%n) at(%n, %n) tile(64, 64) rows(%first : tensor<2x3xi32>) : tensor<2x4x4xi32>
  return %runs : tensor<2x4x4xi32>
}

// -----

func.func @result(%first: tensor<7xi32>, %n: index) -> tensor<?x4x4xi32> {
  // expected-error @below {{result has type 'tensor<?x4x4xi32>', expected 'tensor<7x4x4xi32>'}}
  %runs = attn.mask_runs mask(causal) shape(%n, %n) position(%n) at(%n, %n) tile(64, 64) rows(%first : tensor<7xi32>) : tensor<?x4x4xi32>
  return %runs : tensor<?x4x4xi32>
}

// -----

// The mask itself is checked as everywhere.
func.func @mask(%first: tensor<?xi32>, %n: index) -> tensor<?x4x4xi32> {
  // expected-error @below {{mask cols<0>: expected an extent from 1 to 2147483647}}
  %runs = attn.mask_runs mask(cols<0>) shape(%n, %n) position(%n) at(%n, %n) tile(64, 64) rows(%first : tensor<?xi32>) : tensor<?x4x4xi32>
  return %runs : tensor<?x4x4xi32>
}
