// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @row_rank(%c: tensor<8x4xf32>, %n: tensor<8x4xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{rows have rank 2, expected [B, Hk, M, D] or [Hk, M, D]}}
  %r = attn.kv_append %c, %n, %p : tensor<8x4xf32>, tensor<8x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @scale_rank(%c: tensor<2x8x4x1xf32>, %n: tensor<2x8x4x1xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{rows have rank 4, expected [B, Hk, M] or [Hk, M]}}
  %r = attn.kv_append %c, %n, %p scales : tensor<2x8x4x1xf32>, tensor<2x8x4x1xf32>, tensor<1xi32>
  return
}

// -----

func.func @element_type(%c: tensor<8x9x4xf32>, %n: tensor<8x1x4xf16>, %p: tensor<1xi32>) {
  // expected-error @below {{rows have element type 'f16', cache has 'f32': expected them to be equal}}
  %r = attn.kv_append %c, %n, %p : tensor<8x9x4xf32>, tensor<8x1x4xf16>, tensor<1xi32>
  return
}

// -----

func.func @pos_rank(%c: tensor<8x9x4xf32>, %n: tensor<8x1x4xf32>, %p: tensor<1x1xi32>) {
  // expected-error @below {{pos has rank 2, expected a position for each batch element}}
  %r = attn.kv_append %c, %n, %p : tensor<8x9x4xf32>, tensor<8x1x4xf32>, tensor<1x1xi32>
  return
}

// -----

func.func @pos_count(%c: tensor<3x8x9x4xf32>, %n: tensor<3x8x1x4xf32>, %p: tensor<2xi32>) {
  // expected-error @below {{pos has 2 elements, expected 1 or B = 3}}
  %r = attn.kv_append %c, %n, %p : tensor<3x8x9x4xf32>, tensor<3x8x1x4xf32>, tensor<2xi32>
  return
}

// -----

func.func @no_pos(%c: tensor<?x8x9x4xf32>, %n: tensor<?x8x1x4xf32>, %p: tensor<0xi32>) {
  // expected-error @below {{pos has 0 elements, expected 1 or B}}
  %r = attn.kv_append %c, %n, %p : tensor<?x8x9x4xf32>, tensor<?x8x1x4xf32>, tensor<0xi32>
  return
}

// -----

func.func @cache_rank(%c: tensor<8x9x4xf32>, %n: tensor<1x8x1x4xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{cache has rank 3, rows have rank 4: expected them to be equal without a table}}
  %r = attn.kv_append %c, %n, %p : tensor<8x9x4xf32>, tensor<1x8x1x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @batch(%c: tensor<2x8x9x4xf32>, %n: tensor<3x8x1x4xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{cache has batch size 2, the rows has 3: expected them to be equal}}
  %r = attn.kv_append %c, %n, %p : tensor<2x8x9x4xf32>, tensor<3x8x1x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @heads(%c: tensor<8x9x4xf32>, %n: tensor<4x1x4xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{cache has head count 8, the rows has 4: expected them to be equal}}
  %r = attn.kv_append %c, %n, %p : tensor<8x9x4xf32>, tensor<4x1x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @width(%c: tensor<8x9x4xf32>, %n: tensor<8x1x5xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{cache has width 4, the rows has 5: expected them to be equal}}
  %r = attn.kv_append %c, %n, %p : tensor<8x9x4xf32>, tensor<8x1x5xf32>, tensor<1xi32>
  return
}

// -----

func.func @too_many_rows(%c: tensor<8x9x4xf32>, %n: tensor<8x10x4xf32>, %p: tensor<1xi32>) {
  // expected-error @below {{appends 10 rows to a cache of 9 positions, expected no more}}
  %r = attn.kv_append %c, %n, %p ring : tensor<8x9x4xf32>, tensor<8x10x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @page(%c: tensor<?x3x8x4xf32>, %n: tensor<2x8x1x4xf32>, %p: tensor<1xi32>, %t: tensor<2x5xi32>) {
  // expected-error @below {{pages have 3 keys, expected a power of two}}
  %r = attn.kv_append %c, %n, %p table(%t : tensor<2x5xi32>) : tensor<?x3x8x4xf32>, tensor<2x8x1x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @paged_rank(%c: tensor<?x4x8xf32>, %n: tensor<8x1x4xf32>, %p: tensor<1xi32>, %t: tensor<2x5xi32>) {
  // expected-error @below {{cache has rank 3 and rows have rank 3 with a table, expected [P, page, Hk, D] and [B, Hk, M, D]}}
  %r = attn.kv_append %c, %n, %p table(%t : tensor<2x5xi32>) : tensor<?x4x8xf32>, tensor<8x1x4xf32>, tensor<1xi32>
  return
}

// -----

func.func @table_batch(%c: tensor<?x4x8x4xf32>, %n: tensor<3x8x1x4xf32>, %p: tensor<1xi32>, %t: tensor<2x5xi32>) {
  // expected-error @below {{table has batch size 2, the rows has 3: expected them to be equal}}
  %r = attn.kv_append %c, %n, %p table(%t : tensor<2x5xi32>) : tensor<?x4x8x4xf32>, tensor<3x8x1x4xf32>, tensor<1xi32>
  return
}

// -----

// expected-error @below {{argument 0 has attn.inplace = true, expected it without a value}}
func.func @inplace_value(%c: tensor<8x9x4xf32> {attn.inplace = true}) {
  return
}

// -----

// expected-error @below {{argument 0 has unknown attribute 'attn.in_place', expected 'attn.inplace'}}
func.func @unknown_attribute(%c: tensor<8x9x4xf32> {attn.in_place}) {
  return
}
