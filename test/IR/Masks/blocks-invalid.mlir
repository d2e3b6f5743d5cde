// RUN: attn-opt %s --split-input-file --verify-diagnostics

!qkv = tensor<4x16x8xf32>
func.func @no_list(%q: !qkv, %n: tensor<?xi32>) {
  // expected-error @below {{operand of mask blocks has type 'tensor<?xi32>', expected !attn.blocks<bq, bk>, or tensors after blocks<bq, bk>}}
  %o = attn.sdpa %q, %q, %q mask(blocks(%n : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @one_tensor(%q: !qkv, %n: tensor<?xi32>) {
  // expected-error @below {{mask blocks names 1 operands, expected row_ptr and col}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8>(%n : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @two_lists(%q: !qkv, %m: !attn.blocks<8, 8>) {
  // expected-error @below {{mask blocks names 2 operands, expected a list of blocks}}
  %o = attn.sdpa %q, %q, %q mask(blocks(%m : !attn.blocks<8, 8>, %m : !attn.blocks<8, 8>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @no_rows(%q: !qkv, %r: tensor<1x1x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has blocks of 0 by 8, expected extents from 1 to 2147483647}}
  %o = attn.sdpa %q, %q, %q mask(blocks<0, 8>(%r : tensor<1x1x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @rows_of_rank_1(%q: !qkv, %r: tensor<3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{row_ptr of a list of blocks has type 'tensor<3xi32>', expected i32 of shape [B, H, rows of blocks + 1]}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8>(%r : tensor<3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @heads(%q: !qkv, %r: tensor<1x3x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has lists for 3 heads, expected 1 or 4}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8>(%r : tensor<1x3x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<2x4x16x8xf32>
func.func @batches(%q: !qkv, %r: tensor<3x1x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has lists for 3 batch elements, expected 1 or 2}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8>(%r : tensor<3x1x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x17x8xf32>
func.func @rows(%q: !qkv, %r: tensor<1x1x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has lists for 2 rows of blocks, expected 3 for M = 17 in blocks of 8}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8>(%r : tensor<1x1x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @other_blocks(%q: !qkv, %m: !attn.blocks<8, 8>) {
  // expected-error @below {{operand of mask blocks has type '!attn.blocks<8, 8>', expected '!attn.blocks<8, 4>'}}
  %o = "attn.sdpa"(%q, %q, %q, %m) <{mask = #attn.blocks<8, 4, 1, 0>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0, 0>}> ({}) : (!qkv, !qkv, !qkv, !attn.blocks<8, 8>) -> !qkv
  return
}

// -----

// expected-error @below {{blocks of 0 by 8, expected extents from 1 to 2147483647}}
func.func private @type(!attn.blocks<0, 8>)

// -----

// expected-error @below {{lists for 0 heads each, expected a number from 1 to 2147483647}}
func.func private @group(!attn.blocks<8, 8, 0>)

// -----

!qkv = tensor<4x16x8xf32>
func.func @no_whole_groups(%q: !qkv, %r: tensor<1x1x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has lists for groups of 3 heads, there are 4: expected a multiple}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8, 3>(%r : tensor<1x1x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}

// -----

!qkv = tensor<4x16x8xf32>
func.func @lists_of_heads(%q: !qkv, %r: tensor<1x4x3xi32>, %c: tensor<?xi32>) {
  // expected-error @below {{mask blocks has lists for 4 groups of heads, expected 1 or 2}}
  %o = attn.sdpa %q, %q, %q mask(blocks<8, 8, 2>(%r : tensor<1x4x3xi32>, %c : tensor<?xi32>)) : (!qkv, !qkv, !qkv) -> !qkv
  return
}
