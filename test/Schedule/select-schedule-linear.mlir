// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v3 --attn-select-schedule | FileCheck %s --check-prefixes=CHECK,NARROW

// Where the number of tokens is a matter of the run, so is the form.
// CHECK-LABEL: func @dynamic
// WIDE: schedule(#attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 8, form = chunk, columns = 32, shared = 23>)
// WIDE-SAME: few(#attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>)
// NARROW: schedule(#attn.schedule<query_block = 16, key_block = 16, panel = 8, rows = 6, form = chunk, columns = 16, shared = 23>)
// NARROW-SAME: few(#attn.schedule<query_block = 8, key_block = 8, panel = 8, rows = 1, form = recurrent>)
func.func @dynamic(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

// A decoding step.
// CHECK-LABEL: func @one_token
// CHECK: form = recurrent
// CHECK-NOT: few(
func.func @one_token(%q: tensor<8x1x64xf32>) -> tensor<8x1x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<8x1x64xf32>, tensor<8x1x64xf32>, tensor<8x1x64xf32>) -> tensor<8x1x64xf32>
  return %o : tensor<8x1x64xf32>
}

// -----

// Without order there is no recurrence.
// CHECK-LABEL: func @all_tokens
// CHECK: form = chunk
// CHECK-NOT: few(
func.func @all_tokens(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

// A schedule that stands there is obeyed.
// CHECK-LABEL: func @chosen
// CHECK: schedule(#attn.schedule<query_block = 32, key_block = 32, panel = 16, rows = 4, form = chunk>) :
func.func @chosen(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q causal schedule(#attn.schedule<query_block = 32, key_block = 32, panel = 16, rows = 4, form = chunk>) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
