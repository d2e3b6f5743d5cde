// RUN: attn-opt %s --attn-simplify-masks | FileCheck %s
// RUN: attn-opt %s --attn-simplify-masks --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Identities.
// CHECK-LABEL: func @all_of_none(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @all_of_none(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all()) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @all_drops_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @all_drops_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(full, causal)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @any_drops_empty(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @any_drops_empty(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(empty, causal)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @any_with_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @any_with_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(causal, full)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @all_of_one(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @all_of_one(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Lists of lists.
// CHECK-LABEL: func @nested_lists(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(causal, cols<4>, rows<3>)) :
func.func @nested_lists(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, all(cols<4>, all(rows<3>)))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @nested_any(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(causal, cols<4>, rows<3>)) :
func.func @nested_any(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(causal, any(cols<4>, rows<3>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Idempotence.
// CHECK-LABEL: func @idempotent_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(causal, cols<4>)) :
func.func @idempotent_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, cols<4>, causal)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @idempotent_any(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(cols<4>, causal)) :
func.func @idempotent_any(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(cols<4>, causal, cols<4>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Negation.
// CHECK-LABEL: func @double_negation(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @double_negation(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(not(causal))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @not_empty(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @not_empty(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(empty)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// De Morgan.
// CHECK-LABEL: func @de_morgan_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(not(causal), not(cols<4>))) :
func.func @de_morgan_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(all(causal, cols<4>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @de_morgan_any(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(not(causal), cols<4>)) :
func.func @de_morgan_any(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(any(causal, not(cols<4>)))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @excluded_middle(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @excluded_middle(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(causal, rows<2>, not(causal))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Absorption.
// CHECK-LABEL: func @absorbed(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @absorbed(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, any(causal, cols<4>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @absorbed_any(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<4>) :
func.func @absorbed_any(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(cols<4>, all(causal, cols<4>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Intersections.
// CHECK-LABEL: func @windows(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<3, 2>) :
func.func @windows(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(window<3, 9>, window<5, 2>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @causal_window(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<3, 0>) :
func.func @causal_window(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(causal, window<3, 5>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @window_causal(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(cols<8>, window<3, 0>)) :
func.func @window_causal(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(window<3, 5>, cols<8>, causal)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @nested_extents(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<4>) :
func.func @nested_extents(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(cols<4>, cols<6>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @nested_neighbourhoods(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(near<3>) :
func.func @nested_neighbourhoods(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(near<3>, near<5>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Unions of masks that imply each other.
// CHECK-LABEL: func @union_of_windows(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<5, 2>) :
func.func @union_of_windows(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(window<3, 1>, window<5, 2>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @union_with_causal(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @union_with_causal(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(causal, window<3, 0>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Masks that say something simpler.
// CHECK-LABEL: func @window_unbounded(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @window_unbounded(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<*, *>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// REMARK: remark: mask #attn.window<*, 0> is #attn.causal
// CHECK-LABEL: func @window_is_causal(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @window_is_causal(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<*, 0>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// A window of the whole static problem; one key less is not.
// CHECK-LABEL: func @window_wide(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @window_wide(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<15, 15>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @window_not_wide(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<14, 14>) :
func.func @window_not_wide(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<14, 14>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @window_wide_left(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<*, 2>) :
func.func @window_wide_left(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<15, 2>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Nothing is known of dynamic extents.
// CHECK-LABEL: func @window_dynamic(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<15, 15>) align(top_left) :
func.func @window_dynamic(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<15, 15>) align(top_left) : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
  return %o : tensor<2x?x8xf32>
}

// Bottom-right rows look back at most N - 1 keys and ahead at most M - 1.
// CHECK-LABEL: func @window_wide_bottom(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 align(bottom_right) :
func.func @window_wide_bottom(%q: tensor<2x16x8xf32>, %k: tensor<2x20x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<19, 15>) align(bottom_right) : (tensor<2x16x8xf32>, tensor<2x20x8xf32>, tensor<2x20x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @window_wide_top(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 align(top_left) :
func.func @window_wide_top(%q: tensor<2x16x8xf32>, %k: tensor<2x20x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<15, 19>) align(top_left) : (tensor<2x16x8xf32>, tensor<2x20x8xf32>, tensor<2x20x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @window_narrow_top(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<*, 15>) align(top_left) :
func.func @window_narrow_top(%q: tensor<2x16x8xf32>, %k: tensor<2x20x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<19, 15>) align(top_left) : (tensor<2x16x8xf32>, tensor<2x20x8xf32>, tensor<2x20x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// An offset may put rows anywhere.
// CHECK-LABEL: func @offset_unknown(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<15, 15>) offset(%arg2 : tensor<1xi32>) :
func.func @offset_unknown(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<15, 15>) offset(%n : tensor<1xi32>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Extents of the whole static problem.
// CHECK-LABEL: func @cols_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @cols_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(cols<16>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @cols_last_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @cols_last_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(cols_last<17>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @rows_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @rows_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(rows<16>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @rows_last_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @rows_last_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(rows_last<16>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @near_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @near_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(near<16>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @cols_dynamic(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<16>) :
func.func @cols_dynamic(%q: tensor<2x16x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(cols<16>) : (tensor<2x16x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// One query: the first key, or all of them.
// CHECK-LABEL: func @one_query_top(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<1>) align(top_left) :
func.func @one_query_top(%q: tensor<2x1x8xf32>, %k: tensor<2x20x8xf32>) -> tensor<2x1x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(top_left) : (tensor<2x1x8xf32>, tensor<2x20x8xf32>, tensor<2x20x8xf32>) -> tensor<2x1x8xf32>
  return %o : tensor<2x1x8xf32>
}

// CHECK-LABEL: func @one_query_bottom(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 align(bottom_right) :
func.func @one_query_bottom(%q: tensor<2x1x8xf32>, %k: tensor<2x?x8xf32>) -> tensor<2x1x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(bottom_right) : (tensor<2x1x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x1x8xf32>
  return %o : tensor<2x1x8xf32>
}

// CHECK-LABEL: func @one_query_window(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<5>) align(top_left) :
func.func @one_query_window(%q: tensor<2x1x8xf32>, %k: tensor<2x20x8xf32>) -> tensor<2x1x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(window<3, 4>) align(top_left) : (tensor<2x1x8xf32>, tensor<2x20x8xf32>, tensor<2x20x8xf32>) -> tensor<2x1x8xf32>
  return %o : tensor<2x1x8xf32>
}

// CHECK-LABEL: func @one_key(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 align(top_left) :
func.func @one_key(%q: tensor<2x16x8xf32>, %k: tensor<2x1x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(causal) align(top_left) : (tensor<2x16x8xf32>, tensor<2x1x8xf32>, tensor<2x1x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Masks that read the same operand share its slot, and then merge.
// CHECK-LABEL: func @shared_operand(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(lens(%arg2 : tensor<1xi32>), causal)) :
func.func @shared_operand(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(lens(%n : tensor<1xi32>), causal, lens(%n : tensor<1xi32>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @different_operands(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(lens(%arg2 : tensor<1xi32>), lens(%arg3 : tensor<1xi32>))) :
func.func @different_operands(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>, %m: tensor<1xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(lens(%n : tensor<1xi32>), lens(%m : tensor<1xi32>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Operands that no mask names any more are dropped, the others renumbered.
// CHECK-LABEL: func @unused_operand(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(lens(%arg3 : tensor<1xi32>)) :
func.func @unused_operand(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>, %m: tensor<1xi32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(any(lens(%n : tensor<1xi32>), full), lens(%m : tensor<1xi32>))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// No keys at all: zeros, and the log of an empty sum.
// CHECK-LABEL: func @contradiction(
// CHECK-NOT: attn.sdpa
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[O:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<2x16x8xf32>)
// CHECK: %[[INF:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[L:.*]] = linalg.fill ins(%[[INF]] : f32) outs(%{{.*}} : tensor<2x16xf32>)
// CHECK: return %[[O]], %[[L]]
func.func @contradiction(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %n: tensor<1xi32>) -> (tensor<2x16x8xf32>, tensor<2x16xf32>) {
  %o, %l = attn.sdpa %q, %k, %k mask(all(lens(%n : tensor<1xi32>), not(lens(%n : tensor<1xi32>)))) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> (tensor<2x16x8xf32>, tensor<2x16xf32>)
  return %o, %l : tensor<2x16x8xf32>, tensor<2x16xf32>
}

// The zeros of dynamic results have the extents of query and value.
// CHECK-LABEL: func @empty_dynamic(
// CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f16
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<2x?x8xf16>
// CHECK: linalg.fill ins(%[[ZERO]] : f16) outs(%[[E]] : tensor<2x?x8xf16>) -> tensor<2x?x8xf16>
func.func @empty_dynamic(%q: tensor<2x?x8xf16>, %k: tensor<2x?x8xf16>) -> tensor<2x?x8xf16> {
  %o = attn.sdpa %q, %k, %k mask(empty) : (tensor<2x?x8xf16>, tensor<2x?x8xf16>, tensor<2x?x8xf16>) -> tensor<2x?x8xf16>
  return %o : tensor<2x?x8xf16>
}

// A sink joins the sum even where no key does: the op stays.
// CHECK-LABEL: func @empty_with_sink(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(empty) sink(%arg2 : tensor<2xf32>) :
func.func @empty_with_sink(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %s: tensor<2xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(empty, causal)) sink(%s : tensor<2xf32>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Probabilities follow the same rules.
// CHECK-LABEL: func @weights(
// CHECK: attn.weights %arg0, %arg1 mask(window<3, 0>) :
func.func @weights(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x16xf32> {
  %p = attn.weights %q, %k mask(all(causal, window<3, 2>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x16xf32>
  return %p : tensor<2x16x16xf32>
}

// CHECK-LABEL: func @weights_without_keys(
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<2x16x16xf32>)
// CHECK-NOT: attn.weights
// CHECK: return
func.func @weights_without_keys(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x16xf32> {
  %p = attn.weights %q, %k mask(not(full)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x16xf32>
  return %p : tensor<2x16x16xf32>
}

// Functors, and masks that come to nothing.
// CHECK-LABEL: func @stride_of_one(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @stride_of_one(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(stride<1>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @colmod_of_all(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @colmod_of_all(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(colmod<4, 4>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @strides_meet(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(stride<12>) :
func.func @strides_meet(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(stride<4>, stride<6>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @strides_of_strides(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(stride<2>) :
func.func @strides_of_strides(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(any(stride<4>, stride<2>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @colmods_meet(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(colmod<4, 1>) :
func.func @colmods_meet(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(colmod<4, 3>, colmod<4, 1>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @block_of_one(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @block_of_one(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<1, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @block_of_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @block_of_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<4, any(full, causal)>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @block_of_block(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<6, causal>) :
func.func @block_of_block(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<2, block<3, causal>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// In one block everything is full.
// CHECK-LABEL: func @block_of_everything(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @block_of_everything(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(block<16, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @blocks_meet(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, window<2, 0>>) :
func.func @blocks_meet(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(block<4, causal>, block<4, window<2, 2>>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @not_of_block(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, causal>) :
func.func @not_of_block(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(block<4, not(causal)>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @per_head_alike(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @per_head_alike(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(per_head[all(causal, full), causal]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @per_head_of_per_head(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(per_head[causal, rows<1>]) :
func.func @per_head_of_per_head(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(per_head[per_head[causal, cols<1>], per_head[cols<2>, rows<1>]]) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @per_heads_meet(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(per_head[window<3, 0>, cols<2>]) :
func.func @per_heads_meet(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(per_head[causal, full], per_head[window<3, 3>, cols<2>])) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @not_of_per_head(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(per_head[empty, not(causal)]) :
func.func @not_of_per_head(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(not(per_head[full, causal])) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @grid_of_full(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 :
func.func @grid_of_full(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [cols<4>, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @grid_of_one_axis(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(causal) :
func.func @grid_of_one_axis(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[16, 1], [causal, near<1>]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Rows of points are blocks.
// CHECK-LABEL: func @grid_of_rows(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(block<4, near<3>>) :
func.func @grid_of_rows(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 2, 2], [near<3>, full, full]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// CHECK-LABEL: func @grids_meet(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[4, 4], [all(near<3>, causal), all(causal, near<3>)]>) :
func.func @grids_meet(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x16x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(all(grid<[4, 4], [near<3>, causal]>, grid<[4, 4], [causal, near<3>]>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %o : tensor<2x16x8xf32>
}

// Boxes that are whole rows change no order; others are kept, axis by axis, and grids
// whose points come in different orders do not meet.
// CHECK-LABEL: func @boxes_of_rows(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[4, 4], [near<3>, causal]>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[2, 2, 4], [full, full, causal], box [1, 2, 2]>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(all(grid<[4, 4], [near<3>, causal], box [2, 2]>, grid<[4, 4], [causal, near<3>]>)) :
func.func @boxes_of_rows(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(grid<[4, 4], [near<3>, causal], box [2, 4]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(grid<[2, 2, 4], [full, full, causal], box [1, 2, 2]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %2 = attn.sdpa %q, %k, %k mask(all(grid<[4, 4], [near<3>, causal], box [2, 2]>, grid<[4, 4], [causal, near<3>]>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1, %2 : tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>
}

// A draw of all candidates keeps them, one from nothing nothing, and candidates that are
// all keys need no name; a draw besides nothing is a draw.
// CHECK-LABEL: func @draws(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(window<3, 3>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 1>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(cols<2>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(random<3, 1, within causal>) :
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(any(causal, cols<2>)) :
func.func @draws(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) -> (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) {
  %0 = attn.sdpa %q, %k, %k mask(random<16, 1, within window<3, 3>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %1 = attn.sdpa %q, %k, %k mask(random<3, 1, within window<15, 15>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %2 = attn.sdpa %q, %k, %k mask(plus_random<3, 1, cols<2>, within not(full)>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %3 = attn.sdpa %q, %k, %k mask(plus_random<3, 1, not(full), within causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %4 = attn.sdpa %q, %k, %k mask(plus_random<16, 1, causal, within cols<2>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %0, %1, %2, %3, %4 : tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>
}

// Queries may stand beside the grid, and see nothing there.
// CHECK-LABEL: func @grid_beside(
// CHECK: attn.sdpa %arg0, %arg1, %arg1 mask(grid<[16], [full]>) align(bottom_right) :
func.func @grid_beside(%q: tensor<2x20x8xf32>, %k: tensor<2x16x8xf32>) -> tensor<2x20x8xf32> {
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [full, full]>) align(bottom_right) : (tensor<2x20x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x20x8xf32>
  return %o : tensor<2x20x8xf32>
}
