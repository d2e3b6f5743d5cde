// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @near_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(near<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @cols_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask cols<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(cols<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @cols_last_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask cols_last<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(cols_last<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @rows_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask rows<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(rows<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @rows_last_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask rows_last<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(rows_last<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @cols_negative(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask cols<-4>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(cols<-4>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @rows_too_far(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask rows<2147483648>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(rows<2147483648>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @near_more_than_keys(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<17> keeps more keys than N = 16, expected at most N}}
  %o = attn.sdpa %q, %k, %k mask(near<17>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @near_more_than_keys_dynamic_rows(%q: tensor<2x?x8xf32>, %k: tensor<2x8x8xf32>) {
  // expected-error @below {{mask near<9> keeps more keys than N = 8, expected at most N}}
  %o = attn.sdpa %q, %k, %k mask(near<9>) align(top_left) : (tensor<2x?x8xf32>, tensor<2x8x8xf32>, tensor<2x8x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @window_left(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask window reaches -1 keys to the left, expected 0 to 2147483647, or * for an unbounded side}}
  %o = attn.sdpa %q, %k, %k mask(window<-1, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @window_right(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask window reaches -3 keys to the right, expected 0 to 2147483647, or * for an unbounded side}}
  %o = attn.sdpa %q, %k, %k mask(window<*, -3>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @window_too_far(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask window reaches 2147483648 keys to the left, expected 0 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(window<2147483648, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @inside_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask cols<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(all(causal, cols<0>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @inside_any(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask window reaches -1 keys to the left}}
  %o = attn.sdpa %q, %k, %k mask(any(causal, window<-1, 0>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @inside_not(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<20> keeps more keys than N = 16, expected at most N}}
  %o = attn.sdpa %q, %k, %k mask(not(not(near<20>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_rank(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<2x1xi32>) {
  // expected-error @below {{operand of mask lens has type 'tensor<2x1xi32>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<2x1xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @docs_rank(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<2x1xi32>) {
  // expected-error @below {{operand of mask docs has type 'tensor<2x1xi32>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(docs(%n : tensor<2x1xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @docs_scalar(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<i32>) {
  // expected-error @below {{operand of mask docs has type 'tensor<i32>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(docs(%n : tensor<i32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_element(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi64>) {
  // expected-error @below {{operand of mask lens has type 'tensor<1xi64>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<1xi64>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_batch(%q: tensor<2x2x16x8xf32>, %k: tensor<2x2x16x8xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{operand of mask lens has 3 elements, expected 1 or B = 2}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<3xi32>)) : (tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>) -> tensor<2x2x16x8xf32>
  return
}

// -----

func.func @lens_without_batch(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{operand of mask lens has 3 elements, expected 1 or B = 1}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<3xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_of_none(%q: tensor<?x2x16x8xf32>, %k: tensor<?x2x16x8xf32>, %n: tensor<0xi32>) {
  // expected-error @below {{operand of mask lens has 0 elements, expected 1 or B}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n : tensor<0xi32>)) : (tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>) -> tensor<?x2x16x8xf32>
  return
}

// -----

func.func @cols_without_extent(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected '<'}}
  %o = attn.sdpa %q, %k, %k mask(cols) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @window_one_side(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected ','}}
  %o = attn.sdpa %q, %k, %k mask(window<3>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @window_words(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected integer value}}
  %o = attn.sdpa %q, %k, %k mask(window<all, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_without_operand(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected '('}}
  %o = attn.sdpa %q, %k, %k mask(lens) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @lens_without_type(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>) {
  // expected-error @below {{expected ':'}}
  %o = attn.sdpa %q, %k, %k mask(lens(%n)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @not_of_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected valid keyword}}
  %o = attn.sdpa %q, %k, %k mask(not()) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @not_of_two(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected ')'}}
  %o = attn.sdpa %q, %k, %k mask(not(causal, full)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @full_with_extent(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected ')'}}
  %o = attn.sdpa %q, %k, %k mask(full<3>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @slot(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>) {
  // expected-error @below {{mask names operand slots that do not match its 1 operands}}
  %o = "attn.sdpa"(%q, %k, %k, %n) <{mask = #attn.lens<1>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0, 0>}> ({})
    : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<1xi32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @stride_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask stride<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(stride<0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @colmod_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask colmod<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(colmod<0, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @colmod_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask colmod<4, 0> keeps 0 of every 4 keys, expected 1 to 4}}
  %o = attn.sdpa %q, %k, %k mask(colmod<4, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @colmod_more(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask colmod<4, 5> keeps 5 of every 4 keys, expected 1 to 4}}
  %o = attn.sdpa %q, %k, %k mask(colmod<4, 5>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @stride_dynamic(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) {
  // expected-error @below {{mask depends on the query position and M = ? may differ from N = ?: expected align(top_left), align(bottom_right) or offset(…)}}
  %o = attn.sdpa %q, %k, %k mask(stride<2>) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @same_rank(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<16x1xi32>) {
  // expected-error @below {{operand of mask same has type 'tensor<16x1xi32>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(same(%s : tensor<16x1xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @same_length(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<15xi32>) {
  // expected-error @below {{operand of mask same has 15 elements, expected one for each of 16 keys}}
  %o = attn.sdpa %q, %k, %k mask(same(%s : tensor<15xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @order_length(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<17xi32>) {
  // expected-error @below {{operand of mask order has 17 elements, expected one for each of 16 keys}}
  %o = attn.sdpa %q, %k, %k mask(order(%s : tensor<17xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @global_rows(%q: tensor<2x20x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<?xi32>) {
  // expected-error @below {{mask global reads an element for each of 20 queries, its operand has 16: expected no fewer}}
  %o = attn.sdpa %q, %k, %k mask(global(%s : tensor<?xi32>)) : (tensor<2x20x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x20x8xf32>
  return
}

// -----

func.func @global_element(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<16xi1>) {
  // expected-error @below {{operand of mask global has type 'tensor<16xi1>', expected a 1-D tensor of i32}}
  %o = attn.sdpa %q, %k, %k mask(global(%s : tensor<16xi1>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @block_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask block<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(block<0, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @block_negative(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask block<-4>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(block<-4, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @block_inside(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<5> keeps more keys than N = 4, expected at most N}}
  %o = attn.sdpa %q, %k, %k mask(block<4, near<5>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @block_operand(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<16xi32>) {
  // expected-error @below {{operand of mask same has 16 elements, expected one for each of 6 keys}}
  %o = attn.sdpa %q, %k, %k mask(block<3, same(%s : tensor<16xi32>)>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @per_head_fewer(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask per_head has 1 masks, expected one for each head of H = 2}}
  %o = attn.sdpa %q, %k, %k mask(per_head[causal]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @per_head_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask per_head has 0 masks, expected one for each head of H = 2}}
  %o = attn.sdpa %q, %k, %k mask(per_head[]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @per_head_inside(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask cols<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(per_head[causal, cols<0>]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_masks(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has 2 axes and 1 masks, expected a mask for each axis}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [causal]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_no_axes(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has 0 axes and 0 masks, expected a mask for each axis}}
  %o = attn.sdpa %q, %k, %k mask(grid<[], []>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_points(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has 20 points, expected one for each of 16 keys}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 5], [causal, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_axis_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has an axis of 0 points, expected axes from 1 on with a product of at most 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(grid<[16, 0], [causal, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_too_many(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) {
  // expected-error @below {{mask grid has an axis of 65536 points, expected axes from 1 on with a product of at most 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(grid<[65536, 65536], [causal, full]>) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

func.func @grid_near_even(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<2> on an axis of a grid has no middle, expected an odd extent}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<2>, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_near_more(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<5> keeps more keys than its axis of a grid has points, expected at most 4}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<5>, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_near_in_blocks(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<3> keeps more keys than its axis of a grid has points, expected at most 2}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, block<2, near<3>>]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_operand(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<16xi32>) {
  // expected-error @below {{operand of mask order has 16 elements, expected one for each of 8 keys}}
  %o = attn.sdpa %q, %k, %k mask(grid<[2, 8], [full, order(%s : tensor<16xi32>)]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_box_axes(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has 2 axes and a box of 1, expected an extent for each axis}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, full], box [2]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_box_divides(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has boxes of 3 points on an axis of 4, expected a divisor of it}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, full], box [2, 3]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_box_zero(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask grid has boxes of 0 points on an axis of 4, expected a divisor of it}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, full], box [0, 4]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @random_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask random draws 0 keys, expected 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(random<0, 1>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @plus_random_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask plus_random draws -1 keys, expected 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(plus_random<-1, 1, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @random_more(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask random draws 17 of 16 keys, expected no more than there are}}
  %o = attn.sdpa %q, %k, %k mask(random<17, 1>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @random_more_blocks(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask random draws 5 of 4 keys, expected no more than there are}}
  %o = attn.sdpa %q, %k, %k mask(block<4, random<5, 1>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @random_in_grid(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask random stands inside of grid, expected it outside: an axis has no hashes of its own}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [random<1, 1>, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @random_limits_type(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %l: tensor<16xi32>) {
  // expected-error @below {{operand of mask random has type 'tensor<16xi32>', expected limits as i64 of shape [B, H, M]}}
  %o = attn.sdpa %q, %k, %k mask(random<2, 1>(%l : tensor<16xi32>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @grid_dynamic(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) {
  // expected-error @below {{mask depends on the query position and M = ? may differ from N = ?}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, full]>) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return
}
