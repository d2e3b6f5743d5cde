// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank_of_rows(%r: tensor<1x?xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{row_ptr of a list of blocks has type 'tensor<1x?xi32>', expected i32 of shape [B, H, rows of blocks + 1]}}
  %m = attn.block_list %r, %c : tensor<1x?xi32>, tensor<?xi32> -> !attn.blocks<8, 8>
  return
}

// -----

func.func @rank_of_columns(%r: tensor<1x1x?xi32>, %c: tensor<1x?xi32>) {
  // expected-error @below {{col of a list of blocks has type 'tensor<1x?xi32>', expected i32 of shape [nnz]}}
  %m = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<1x?xi32> -> !attn.blocks<8, 8>
  return
}

// -----

func.func @no_element(%r: tensor<1x1x0xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{row_ptr of a list of blocks has type 'tensor<1x1x0xi32>', expected at least 1 element a head: the rows of blocks + 1}}
  %m = attn.block_list %r, %c : tensor<1x1x0xi32>, tensor<?xi32> -> !attn.blocks<8, 8>
  return
}

// -----

func.func @result(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{must be lists of blocks of queries and keys}}
  %m = "attn.block_list"(%r, %c) : (tensor<1x1x?xi32>, tensor<?xi32>) -> tensor<?xi32>
  return
}
