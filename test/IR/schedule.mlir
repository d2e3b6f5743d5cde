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

// The queries of a tile are a box of a grid.
// CHECK-LABEL: func @box
// CHECK: schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [4, 16]>) :
func.func @box(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[32, 32], [near<7>, near<7>]>) schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [4, 16]>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}
