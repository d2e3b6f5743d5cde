// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v4 --attn-select-schedule --remark-policy=all --remark-format=emitRemark --remarks-filter=attn 2>&1 | FileCheck %s --check-prefix=WHY
// RUN: attn-opt %s --split-input-file --attn-attach-target=target=x86-64-v3 --attn-select-schedule | FileCheck %s --check-prefix=AVX2

// What the delta rule makes of a part of the tokens is a matrix, so columns are
// cut, into two vectors at least. What parts repeat are rows of 64 elements for
// keys and for queries, at 48: 6144 by 64 + 2 (64 + 8).
// WHY: where threads ask for it, parts of 32 columns or more, each of which repeats work of the time of 30
// CHECK-LABEL: func @delta
// CHECK: schedule(#attn.schedule<{{.*}} form = chunk, columns = 32, shared = 30>)
// CHECK-SAME: few(#attn.schedule<{{[^>]*}} form = recurrent>)
// AVX2: form = chunk, columns = 16, shared = 30>
func.func @delta(%q: tensor<4x?x64xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q beta(%b : tensor<4x?xf32>) causal delta : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

// Three heads of queries more on each state, and decay by channel: more is
// repeated.
// WHY: each of which repeats work of the time of 61
// CHECK-LABEL: func @channels
// CHECK: form = chunk, columns = 32, shared = 61>
func.func @channels(%q: tensor<16x?x64xf32>, %k: tensor<4x?x64xf32>, %g: tensor<4x?x64xf32>, %b: tensor<4x?xf32>) -> tensor<16x?x64xf32> {
  %o = attn.linear %q, %k, %k decay(%g : tensor<4x?x64xf32>) beta(%b : tensor<4x?xf32>) causal delta : (tensor<16x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<16x?x64xf32>
  return %o : tensor<16x?x64xf32>
}

// -----

// Sums of f64 have vectors of eight.
// CHECK-LABEL: func @doubles
// CHECK: form = chunk, columns = 16, shared = 30>
func.func @doubles(%q: tensor<4x?x64xf64>, %b: tensor<4x?xf64>) -> tensor<4x?x64xf64> {
  %o = attn.linear %q, %q, %q beta(%b : tensor<4x?xf64>) causal delta : (tensor<4x?x64xf64>, tensor<4x?x64xf64>, tensor<4x?x64xf64>) -> tensor<4x?x64xf64>
  return %o : tensor<4x?x64xf64>
}

// -----

// Documents end anywhere; each is a cell, and is cut by columns.
// WHY: documents side by side; where threads ask for it, parts of 32 columns or more, each of which repeats work of the time of 23
// CHECK-LABEL: func @documents
// CHECK: form = chunk, columns = 32, shared = 23>
func.func @documents(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

// Eight states are enough for parts of the tokens to cost more than they give,
// but threads may be more than states.
// CHECK-LABEL: func @many_states
// CHECK-NOT: split
// CHECK: form = chunk, columns = 32, shared = 23>
func.func @many_states(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

// Where tokens are cut, columns are not.
// CHECK-LABEL: func @tokens
// CHECK: form = chunk, split = 4096>
func.func @tokens(%q: tensor<4x?x64xf32>) -> tensor<4x?x64xf32> {
  %o = attn.linear %q, %q, %q causal : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> tensor<4x?x64xf32>
  return %o : tensor<4x?x64xf32>
}

// -----

// The sum of weights is a column that all others need; and the state after the last
// document keeps them in one cell.
// WHY-NOT: documents side by side
// WHY: few states, but columns are not cut: normalize divides all columns of a state by one
// CHECK-LABEL: func @normalised_documents
// CHECK-NOT: columns
// CHECK: return
func.func @normalised_documents(%q: tensor<4x?x64xf32>, %cu: tensor<?xi32>) -> (tensor<4x?x64xf32>, tensor<4x64x65xf32>) {
  %o, %s = attn.linear %q, %q, %q docs(%cu : tensor<?xi32>) causal normalize eps(0.0) : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x64xf32>) -> (tensor<4x?x64xf32>, tensor<4x64x65xf32>)
  return %o, %s : tensor<4x?x64xf32>, tensor<4x64x65xf32>
}

// -----

// A part is two vectors.
// WHY: few states, but columns are not cut: 32 columns of a state are one part
// CHECK-LABEL: func @narrow
// CHECK-NOT: columns
// CHECK: return
func.func @narrow(%q: tensor<4x?x64xf32>, %v: tensor<4x?x32xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x32xf32> {
  %o = attn.linear %q, %q, %v beta(%b : tensor<4x?xf32>) causal delta : (tensor<4x?x64xf32>, tensor<4x?x64xf32>, tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
  return %o : tensor<4x?x32xf32>
}
