// `--attn-explain` says what was decided and why: the mask's simplest form, the
// schedule and the facts behind it, the bounds of the loops over keys.
// RUN: attn-opt %s --attn-plan=target=x86-64-v4 --attn-tile --attn-explain -o /dev/null 2>&1 | FileCheck %s

// A causal window of any length, a million keys included: the bounds are
// arithmetic on the place of the query block, and no memory depends on N.
// CHECK: remark: mask {{.*}} is #attn.window<255, 0>
// CHECK: remark: avx512 has 32 registers of 512 bits: a register tile of 6 keys by 4 vectors of queries
// CHECK: is 1 interval of keys for the m queries from i on: some query sees [i + N - M - 255, i + m + N - M), every query sees [i + m + N - M - 256, i + N + 1 - M)
// CHECK-SAME: the mask takes 0 bytes
func.func @causal_window(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v mask(all(causal, window<255, 0>)) align(bottom_right)
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// Without a mask nothing is computed about one.
// CHECK: no mask: every block of 132 keys is full but for a ragged last one
func.func @dense(%q: tensor<?x8x?x64xf32>, %k: tensor<?x8x?x64xf32>, %v: tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}
