// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%m: !attn.blocks<8, 8>) {
  // expected-error @below {{row_ptr of a list of blocks has type 'tensor<?xi32>', expected i32 of shape [B, H, rows of blocks + 1]}}
  %r, %c = attn.block_tensors %m : !attn.blocks<8, 8> -> tensor<?xi32>, tensor<?xi32>
  return
}

// -----

func.func @static(%m: !attn.blocks<8, 8>) {
  // expected-error @below {{result has type 'tensor<7xi32>', expected extents known at run time only}}
  %r, %c = attn.block_tensors %m : !attn.blocks<8, 8> -> tensor<?x?x?xi32>, tensor<7xi32>
  return
}
