// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-expand-block-lists

// One of two lists: which one is known at run time only.
!q = tensor<4x?x8xf32>
!list = !attn.blocks<16, 32>
func.func @select(%which: i1, %r: tensor<1x1x?xi32>, %c: tensor<?xi32>, %q: !q) -> !q {
  %a = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !list
  %b = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !list
  // expected-error @below {{takes a list of blocks that is not seen to come from attn.block_list, attn.block_map or attn.select}}
  %m = arith.select %which, %a, %b : !list
  %o = attn.sdpa %q, %q, %q mask(blocks(%m : !list)) : (!q, !q, !q) -> !q
  return %o : !q
}
