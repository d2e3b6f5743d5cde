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

// expected-error @below {{box has an extent of 16 next to 8 points, expected extents from 1 on with a product of at most query_block 64}}
#cut = #attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, box = [8, 16]>

// -----

// expected-error @below {{box has an extent of 0 next to 8 points, expected extents from 1 on}}
#cut = #attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, box = [8, 0]>

// -----

// expected-error @below {{box goes with form row and split 0, expected form transposed or amx and split 0}}
#cut = #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, box = [4, 4]>
