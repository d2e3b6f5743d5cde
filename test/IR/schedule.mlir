// RUN: attn-opt %s | attn-opt | FileCheck %s

// The transposed form and whole keys are what is meant where nothing is said.
// CHECK-LABEL: func @transposed
// CHECK: schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>) :
func.func @transposed(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %q, %q schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6, form = transposed, split = 0>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// A second schedule for few queries, with keys in parts.
// CHECK-LABEL: func @few
// CHECK: schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>) few(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, split = 4096>) :
func.func @few(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %q, %q few(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, split = 4096>)
      schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Four heads that share keys in one cell.
// CHECK-LABEL: func @folded
// CHECK: schedule(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, heads = 4>) :
func.func @folded(%q: tensor<8x3x64xf32>, %k: tensor<2x?x64xf32>) -> tensor<8x3x64xf32> {
  %o = attn.sdpa %q, %k, %k schedule(#attn.schedule<query_block = 16, key_block = 128, panel = 4, rows = 4, form = row, heads = 4>)
    : (tensor<8x3x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x3x64xf32>
  return %o : tensor<8x3x64xf32>
}

// A state that may be cut by its columns.
// CHECK-LABEL: func @columns
// CHECK: schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 40>) :
func.func @columns(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q causal schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, split = 0, columns = 32, shared = 40>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// The queries of a tile are a box of a grid.
// CHECK-LABEL: func @box
// CHECK: schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [4, 16]>) :
func.func @box(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[32, 32], [near<7>, near<7>]>) schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [4, 16]>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}
