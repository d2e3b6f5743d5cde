// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{query_block 0, key_block 132, panel 64 and rows 6 must all be positive}}
#cut = #attn.schedule<query_block = 0, key_block = 132, panel = 64, rows = 6>

// -----

// expected-error @below {{query_block 100 must be a multiple of panel 64}}
#cut = #attn.schedule<query_block = 100, key_block = 132, panel = 64, rows = 6>

// -----

// expected-error @below {{split 100 must be 0 or a multiple of key_block 64}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, split = 100>

// -----

// expected-error @below {{expected ::mlir::attn::Form to be one of: transposed, row, amx}}
// expected-error @below {{failed to parse}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = diagonal>

// -----

// Four accumulators are all that eight tile registers leave room for.
// expected-error @below {{form amx has panel 64, rows 32 and key_block 64, expected panel 16 or 32, rows 32 and a multiple of 32}}
#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 32, form = amx>

// -----

// expected-error @below {{form amx has panel 32, rows 32 and key_block 80, expected panel 16 or 32, rows 32 and a multiple of 32}}
#cut = #attn.schedule<query_block = 64, key_block = 80, panel = 32, rows = 32, form = amx>

// -----

// expected-error @below {{heads 32 must be from 1 to query_block 16}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, heads = 32>

// -----

// expected-error @below {{form chunk has heads 4, which only forms row, transposed and amx fold}}
#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, heads = 4>

// -----

// expected-error @below {{box goes with form transposed, split 0 and heads 4, expected form transposed or amx, split 0 and heads 1}}
#cut = #attn.schedule<query_block = 64, key_block = 66, panel = 64, rows = 6, heads = 4, box = [8, 8]>

// -----

// Heads of a cell see the same keys.
func.func @heads(%q: tensor<8x?x64xf32>, %k: tensor<2x?x64xf32>) {
  // expected-error @below {{schedule folds 8 heads, expected a divisor of the 4 neighbouring heads that are known to see the same keys}}
  %o = attn.sdpa %q, %k, %k schedule(#attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, heads = 8>)
    : (tensor<8x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x?x64xf32>
  return
}

// -----

// Parts of the columns are whole panels.
// expected-error @below {{columns 24 and shared 8 must be at least 0, columns a multiple of panel 16}}
#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 24, shared = 8>

// -----

// expected-error @below {{columns 32 and shared -8 must be at least 0, columns a multiple of panel 16}}
#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = -8>

// -----

// expected-error @below {{form recurrent has columns 32, which only states of form chunk have}}
#cut = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent, columns = 32>

// -----

// expected-error @below {{ahead -64 must be at least 0}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, ahead = -64>

// -----

// Nothing else asks for memory by this distance.
// expected-error @below {{form transposed has ahead 3072, which only form row obeys}}
#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 64, rows = 6, ahead = 3072>

// -----

// expected-error @below {{box has an extent of 16 next to 8 points, expected extents from 1 on with a product of at most query_block 64}}
#cut = #attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, box = [8, 16]>

// -----

// expected-error @below {{box has an extent of 0 next to 8 points, expected extents from 1 on}}
#cut = #attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, box = [8, 0]>

// -----

// expected-error @below {{box goes with form row, split 0 and heads 1, expected form transposed or amx, split 0 and heads 1}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, box = [4, 4]>
