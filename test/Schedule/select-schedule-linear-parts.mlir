// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v4 --attn-select-schedule --remark-policy=all --remark-format=emitRemark --remarks-filter=attn 2>&1 | FileCheck %s --check-prefix=WHY

// Few states, of a batch that may be 1: tokens are cut into parts.
// WHY: parts of 4096 tokens, as there are few states
// CHECK-LABEL: func @few_states
// CHECK: schedule(#attn.schedule<{{.*}} form = chunk, split = 4096>)
// CHECK-SAME: few(#attn.schedule<{{.*}} form = recurrent>)
func.func @few_states(%q: tensor<?x8x?x64xf32>, %k: tensor<?x4x?x64xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.linear %q, %k, %k causal : (tensor<?x8x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// -----

// A decay for each of eight heads makes eight states of four heads of keys.
// WHY-NOT: few states
// CHECK-LABEL: func @state_per_head
// CHECK-NOT: split
// CHECK: return
func.func @state_per_head(%q: tensor<?x8x?x64xf32>, %k: tensor<?x4x?x64xf32>, %g: tensor<8xf32>) -> tensor<?x8x?x64xf32> {
  %o = attn.linear %q, %k, %k decay(%g : tensor<8xf32>) causal : (tensor<?x8x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x8x?x64xf32>
  return %o : tensor<?x8x?x64xf32>
}

// -----

// Nor are two batches of four heads few.
// CHECK-LABEL: func @batches
// CHECK-NOT: split
// CHECK: return
func.func @batches(%q: tensor<2x4x?x64xf32>) -> tensor<2x4x?x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>) -> tensor<2x4x?x64xf32>
  return %o : tensor<2x4x?x64xf32>
}

// -----

// As many tokens as a part has need no parts.
// CHECK-LABEL: func @short
// CHECK-NOT: split
// CHECK: return
func.func @short(%q: tensor<4x4096x64xf32>) -> tensor<4x4096x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<4x4096x64xf32>, tensor<4x4096x64xf32>, tensor<4x4096x64xf32>) -> tensor<4x4096x64xf32>
  return %o : tensor<4x4096x64xf32>
}

// -----

// Without order few keys may still have many queries.
// WHY: parts of 4096 tokens, as there are few states
// CHECK-LABEL: func @all_tokens
// CHECK: form = chunk, split = 4096>
func.func @all_tokens(%q: tensor<4x?x64xf32>, %k: tensor<4x100x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %k, %k : (tensor<4x?x64xf32>, tensor<4x100x64xf32>, tensor<4x100x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}
