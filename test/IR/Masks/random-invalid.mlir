// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @many(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask plus_random draws 2147483648 keys, expected 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(plus_random<2147483648, 7, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @on_axis_plus(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask plus_random stands inside of grid, expected it outside: an axis has no hashes of its own}}
  %o = attn.sdpa %q, %k, %k mask(grid<[4, 4], [causal, plus_random<1, 7, causal>]>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

// Masks inside are checked.
func.func @within(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, within near<0>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @base(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, near<0>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @base_within(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{mask near<0>: expected an extent from 1 to 2147483647}}
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7, causal, within near<0>>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

// Seeds have 64 bits and no sign.
func.func @seed_negative(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{seed is -1, expected 0 to 2^64 - 1}}
  %o = attn.sdpa %q, %k, %k mask(random<3, -1>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @seed_large(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{seed is 18446744073709551616, expected 0 to 2^64 - 1}}
  %o = attn.sdpa %q, %k, %k mask(random<3, 18446744073709551616>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @seed_missing(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected a seed}}
  %o = attn.sdpa %q, %k, %k mask(random<3, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @base_missing(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected ','}}
  %o = attn.sdpa %q, %k, %k mask(plus_random<3, 7>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

func.func @not_within(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>) {
  // expected-error @below {{expected 'within'}}
  %o = attn.sdpa %q, %k, %k mask(random<3, 7, causal>) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}

// -----

// Limits are of one hash for each query.
func.func @limits_rank(%q: tensor<2x16x8xf32>, %k: tensor<2x16x8xf32>, %l: tensor<?x16xi64>) {
  // expected-error @below {{operand of mask random has type 'tensor<?x16xi64>', expected limits as i64 of shape [B, H, M]}}
  %o = attn.sdpa %q, %k, %k mask(random<3, 7>(%l : tensor<?x16xi64>)) : (tensor<2x16x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return
}
