// RUN: attn-opt %s --attn-simplify-masks | FileCheck %s

// As many keys as there are are all of them.
// CHECK-LABEL: func @every_key(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @every_key(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<16, 7>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @every_candidate(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @every_candidate(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<20, 7, within causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @every_other_key(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(causal, window<2, 2>)) :
func.func @every_other_key(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<16, 7, causal, within window<2, 2>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Candidates that are all keys are not named.
// CHECK-LABEL: func @within_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7>) :
func.func @within_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, within window<20, 20>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Of no candidates none is drawn.
// CHECK-LABEL: func @within_empty(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<2>) :
func.func @within_empty(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(cols<2>, random<3, 7, within empty>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Nothing is left to draw from.
// CHECK-LABEL: func @plus_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @plus_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, window<20, 20>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// A draw from all keys.
// CHECK-LABEL: func @plus_empty(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7>) :
func.func @plus_empty(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, empty>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @plus_within_empty(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @plus_within_empty(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, causal, within empty>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @plus_within_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(plus_random<3, 7, causal>) :
func.func @plus_within_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, causal, within full>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Masks inside get simpler.
// CHECK-LABEL: func @inside(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7, within window<5, 0>>) :
func.func @inside(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, within all(causal, window<5, 5>)>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @plus_inside(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(plus_random<3, 7, window<5, 0>, within cols<7>>) :
func.func @plus_inside(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, all(causal, window<5, 5>), within all(cols<9>, cols<7>)>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Blocks are counted as blocks: four of four.
// CHECK-LABEL: func @of_blocks(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @of_blocks(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<4, random<4, 7>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// The same draw twice is one; two draws are two.
// CHECK-LABEL: func @twice(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7>) :
func.func @twice(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(random<3, 7>, random<3, 7>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @two(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(random<3, 7>, random<3, 8>)) :
func.func @two(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(random<3, 7>, random<3, 8>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Of how many keys is not known: that they suffice is checked at run time only where no
// candidates are named, so that these stay.
// CHECK-LABEL: func @unknown(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 7, within full>) align(top_left) :
func.func @unknown(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, within full>) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}
