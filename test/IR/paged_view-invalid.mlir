// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%p: tensor<16x64xf32>, %t: tensor<1x1xi32>) {
  // expected-error @below {{pages have rank 2, expected [P, page, Hk, D] or [P, page, Hk]}}
  %k = attn.paged_view %p, %t : tensor<16x64xf32>, tensor<1x1xi32> -> tensor<1x64x16x1xf32>
  return
}

// -----

func.func @unknown_page(%p: tensor<?x?x8x64xf32>, %t: tensor<1x?xi32>) {
  // expected-error @below {{pages have an extent of ? in dimension 1, expected a constant: the keys in a page}}
  %k = attn.paged_view %p, %t : tensor<?x?x8x64xf32>, tensor<1x?xi32> -> tensor<1x8x?x64xf32>
  return
}

// -----

func.func @odd_page(%p: tensor<?x24x8x64xf32>, %t: tensor<1x?xi32>) {
  // expected-error @below {{pages have 24 keys, expected a power of two}}
  %k = attn.paged_view %p, %t : tensor<?x24x8x64xf32>, tensor<1x?xi32> -> tensor<1x8x?x64xf32>
  return
}

// -----

func.func @empty_page(%p: tensor<?x0x8x64xf32>, %t: tensor<1x?xi32>) {
  // expected-error @below {{pages have 0 keys, expected a power of two}}
  %k = attn.paged_view %p, %t : tensor<?x0x8x64xf32>, tensor<1x?xi32> -> tensor<1x8x?x64xf32>
  return
}

// -----

func.func @table_rank(%p: tensor<?x16x8x64xf32>, %t: tensor<?xi32>) {
  // expected-error @below {{table has rank 1, expected [B, T]}}
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xf32>, tensor<?xi32> -> tensor<1x8x?x64xf32>
  return
}

// -----

func.func @table_type(%p: tensor<?x16x8x64xf32>, %t: tensor<1x?xi64>) {
  // expected-error @below {{operand #1 must be ranked tensor of 32-bit signless integer values, but got 'tensor<1x?xi64>'}}
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xf32>, tensor<1x?xi64> -> tensor<1x8x?x64xf32>
  return
}

// -----

func.func @result(%p: tensor<?x16x8x64xf32>, %t: tensor<2x3xi32>) {
  // expected-error @below {{result has type 'tensor<2x8x40x64xf32>', expected 'tensor<2x8x48x64xf32>'}}
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xf32>, tensor<2x3xi32> -> tensor<2x8x40x64xf32>
  return
}
