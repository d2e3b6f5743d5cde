// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @tile(%n: index) {
  // expected-error @below {{result has type '!attn.blocks<8, 8>', expected !attn.blocks<8, 4>}}
  %m = attn.block_map mask(causal) shape(%n, %n) tile(8, 4) : !attn.blocks<8, 8>
  return
}

// -----

func.func @mask(%n: index) {
  // expected-error @below {{mask cols<0>: expected an extent from 1 to 2147483647}}
  %m = attn.block_map mask(cols<0>) shape(%n, %n) tile(8, 4) : !attn.blocks<8, 4>
  return
}

// -----

func.func @rows_of_list(%r: tensor<1x1x3xi32>, %c: tensor<?xi32>) {
  %n = arith.constant 17 : index
  // expected-error @below {{mask blocks has lists for 2 rows of blocks, expected 3 for M = 17 in blocks of 8}}
  %m = attn.block_map mask(blocks<8, 8>(%r : tensor<1x1x3xi32>, %c : tensor<?xi32>)) shape(%n, %n) tile(8, 4) : !attn.blocks<8, 4>
  return
}

// -----

func.func @alignment(%n: index) {
  // expected-error @below {{unknown alignment 'middle', expected top_left or bottom_right}}
  %m = attn.block_map mask(causal) shape(%n, %n) tile(8, 4) align(middle) : !attn.blocks<8, 4>
  return
}

// -----

func.func @both(%n: index, %o: tensor<1xi32>) {
  // expected-error @below {{has both align and offset, expected one}}
  %m = attn.block_map mask(causal) shape(%n, %n) tile(8, 4) align(top_left) offset(%o : tensor<1xi32>) : !attn.blocks<8, 4>
  return
}

// -----

func.func @negative(%n: index) {
  %c = arith.constant -3 : index
  // expected-error @below {{N is -3, expected an extent not below 0}}
  %m = attn.block_map mask(causal) shape(%n, %c) tile(8, 4) : !attn.blocks<8, 4>
  return
}

// -----

func.func @groups(%n: index, %h: index) {
  // expected-error @below {{tells heads apart, and each list is for 2 of them, expected one or the other}}
  %m = attn.block_map mask(causal) shape(%n, %n) tile(8, 4) heads(%h) : !attn.blocks<8, 4, 2>
  return
}
