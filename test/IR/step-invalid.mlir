// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Places are numbers of rows, one after the other.
func.func @f(%qs: memref<16xi32>, %ks: memref<?xi64>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %v: memref<900x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  // expected-error @below {{'attn.step' op has places of type 'memref<?xi64>', expected rank 1 and element type i32}}
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : memref<16xi32>, memref<?xi64>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>)
    : memref<1x8x16xf32>, memref<900x8xf32>, memref<900x24xf32>
  return
}

// -----

func.func @f(%qs: memref<4x4xi32>, %ks: memref<?xi32>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %v: memref<900x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  // expected-error @below {{'attn.step' op has places of type 'memref<4x4xi32>', expected rank 1 and element type i32}}
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : memref<4x4xi32>, memref<?xi32>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>)
    : memref<1x8x16xf32>, memref<900x8xf32>, memref<900x24xf32>
  return
}

// -----

// Lanes beyond the last query stand somewhere too.
func.func @f(%qs: memref<9xi32>, %ks: memref<?xi32>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %v: memref<900x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  // expected-error @below {{'attn.step' op has places of type 'memref<9xi32>' for a tile of 16 lanes, expected one for each lane}}
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : memref<9xi32>, memref<?xi32>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>)
    : memref<1x8x16xf32>, memref<900x8xf32>, memref<900x24xf32>
  return
}

// -----

// A bias is laid down for queries that are neighbours.
func.func @f(%qs: memref<16xi32>, %ks: memref<?xi32>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %v: memref<900x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>, %b: memref<1x1x?x?xf32>) {
  // expected-error @below {{'attn.step' op has places and bias, expected one of them}}
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) places(%qs, %ks : memref<16xi32>, memref<?xi32>) bias(%b : memref<1x1x?x?xf32>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>)
    : memref<1x8x16xf32>, memref<900x8xf32>, memref<900x24xf32>
  return
}

// -----

func.func @f(%qs: memref<16xi32>, %ks: memref<?xi32>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %v: memref<900x24xf32>, %i: index, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>, %b: index) {
  // expected-error @below {{'attn.step' op has places and heads, expected one of them}}
  attn.step %q, %k, %v at(%i, %i, %i, %i) of(%i, %i) position(%i) rows(%i) heads(%b) places(%qs, %ks : memref<16xi32>, memref<?xi32>) outs(%a, %m, %s : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>)
    : memref<1x8x16xf32>, memref<900x8xf32>, memref<900x24xf32>
  return
}

// -----

// The generic form may name one half only.
func.func @half(%qs: memref<16xi32>, %q: memref<1x8x16xf32>, %k: memref<900x8xf32>, %i: index, %a: memref<1x8x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  // expected-error @below {{'attn.step' op has places of queries only, expected those of both}}
  "attn.step"(%q, %k, %k, %i, %i, %i, %i, %i, %i, %i, %i, %qs, %a, %m, %s) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1>, schedule = #attn.schedule<query_block = 16, key_block = 64, panel = 16, rows = 6>}> ({
  }) : (memref<1x8x16xf32>, memref<900x8xf32>, memref<900x8xf32>, index, index, index, index, index, index, index, index, memref<16xi32>, memref<1x8x16xf32>, memref<1x16xf32>, memref<1x16xf32>) -> ()
  return
}
