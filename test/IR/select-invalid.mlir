// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @rank(%s: tensor<?x?xf32>, %n: index) {
  // expected-error @below {{scores have rank 2, expected [B, H, rows of blocks, C] or [H, rows of blocks, C]}}
  %0 = attn.select %s shape(%n, %n) k(2) : tensor<?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @element(%s: tensor<2x?x?xf64>, %n: index) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values}}
  %0 = attn.select %s shape(%n, %n) k(2) : tensor<2x?x?xf64> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @none(%s: tensor<2x?x?xf32>, %n: index) {
  // expected-error @below {{has k 0, expected a number from 1 to 2147483647}}
  %0 = attn.select %s shape(%n, %n) k(0) : tensor<2x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @group(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{scores have 3 heads, expected a multiple of the group of 2}}
  %0 = attn.select %s shape(%n, %n) k(1) : tensor<3x?x?xf32> -> !attn.blocks<8, 4, 2>
  return
}

// -----

func.func @always(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{always takes 2 initial and 3 local blocks, expected no more than k = 4 in all}}
  %0 = attn.select %s shape(%n, %n) k(4) initial(2) local(3) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @local(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{has local -1, expected a number from 0 to 2147483647}}
  %0 = attn.select %s shape(%n, %n) k(4) local(-1) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @half(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{has only one of length and stride, expected both or neither}}
  %0 = attn.select %s shape(%n, %n) k(4) length(32) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @length(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{has stride 4, length is 10: expected a multiple of the stride}}
  %0 = attn.select %s shape(%n, %n) k(4) length(10) stride(4) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @block(%s: tensor<3x?x?xf32>, %n: index) {
  // expected-error @below {{has stride 8, the keys of a block are 4: expected a multiple of the stride}}
  %0 = attn.select %s shape(%n, %n) k(4) length(16) stride(8) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @among(%s: tensor<3x?x?xf32>, %n: index) {
  %past = attn.block_map mask(causal) shape(%n, %n) tile(8, 8) : !attn.blocks<8, 8>
  // expected-error @below {{chooses among '!attn.blocks<8, 8>', the result has type '!attn.blocks<8, 4>': expected them to be equal}}
  %0 = attn.select %s shape(%n, %n) k(4) among(%past : !attn.blocks<8, 8>) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @among_groups(%s: tensor<4x?x?xf32>, %n: index) {
  %past = attn.block_map mask(causal) shape(%n, %n) tile(8, 4) : !attn.blocks<8, 4>
  // expected-error @below {{chooses among '!attn.blocks<8, 4>', the result has type '!attn.blocks<8, 4, 2>': expected them to be equal}}
  %0 = attn.select %s shape(%n, %n) k(4) among(%past : !attn.blocks<8, 4>) : tensor<4x?x?xf32> -> !attn.blocks<8, 4, 2>
  return
}

// -----

func.func @rows(%s: tensor<3x2x?xf32>, %n: index) {
  %m = arith.constant 17 : index
  // expected-error @below {{scores have 2 rows of blocks, expected 3 for M = 17}}
  %0 = attn.select %s shape(%m, %n) k(4) : tensor<3x2x?xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @columns(%s: tensor<3x?x4xf32>, %m: index) {
  %n = arith.constant 17 : index
  // expected-error @below {{scores have 4 blocks of keys, expected 5 for N = 17}}
  %0 = attn.select %s shape(%m, %n) k(4) : tensor<3x?x4xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @compressed(%s: tensor<3x?x4xf32>, %m: index) {
  %n = arith.constant 17 : index
  // expected-error @below {{scores have 4 compressed keys, expected 3 for N = 17}}
  %0 = attn.select %s shape(%m, %n) k(4) length(8) stride(4) : tensor<3x?x4xf32> -> !attn.blocks<8, 4>
  return
}

// -----

func.func @negative(%s: tensor<3x?x?xf32>, %n: index) {
  %m = arith.constant -1 : index
  // expected-error @below {{M is -1, expected an extent not below 0}}
  %0 = attn.select %s shape(%m, %n) k(4) : tensor<3x?x?xf32> -> !attn.blocks<8, 4>
  return
}
