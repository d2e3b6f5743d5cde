// RUN: attn-opt %s --split-input-file --attn-partition-scans --canonicalize | FileCheck %s

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// Few tokens go from the state of the user to the one that is asked for, with
// none in between.
// CHECK-LABEL: func @state
// CHECK: scf.forall (%{{.*}}, %[[H:.*]]) in (%{{.*}}, 4) shared_outs(%[[OUT:.*]] = %{{.*}}, %[[LAST:.*]] = %{{.*}})
// CHECK: %[[END:.*]] = tensor.extract_slice %[[LAST]]
// CHECK-NOT: tensor.empty
// CHECK-NOT: attn.linear_state
// CHECK: %[[START:.*]] = tensor.extract_slice %{{.*}} : tensor<?x4x64x48xf32> to tensor<64x48xf32>
// CHECK: %[[R:.*]]:2 = attn.linear_recurrence {{.*}} from(%[[START]] : tensor<64x48xf32>) {{.*}} outs(%[[END]] : tensor<64x48xf32>)
// CHECK: tensor.parallel_insert_slice %[[R]]#0 into %[[OUT]]
// CHECK: tensor.parallel_insert_slice %[[R]]#1 into %[[LAST]]
func.func @state(%q: tensor<?x4x?x64xf32>, %v: tensor<?x4x?x48xf32>, %s: tensor<?x4x64x48xf32>) -> (tensor<?x4x?x48xf32>, tensor<?x4x64x48xf32>) {
  %o, %t = attn.linear %q, %q, %v state(%s : tensor<?x4x64x48xf32>) causal schedule(#tokens)
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x48xf32>) -> (tensor<?x4x?x48xf32>, tensor<?x4x64x48xf32>)
  return %o, %t : tensor<?x4x?x48xf32>, tensor<?x4x64x48xf32>
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// Each document begins with the state of the user, so that what they end with
// is elsewhere, and copied at last.
// CHECK-LABEL: func @documents
// CHECK: scf.forall
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<64x64xf32>
// CHECK: %[[INIT:.*]] = attn.linear_state from(%{{.*}}) outs(%[[EMPTY]] : tensor<64x64xf32>)
// CHECK: %[[ENDS:.*]]:2 = scf.for %{{.*}} iter_args(%{{.*}} = %{{.*}}, %[[OLD:.*]] = %[[INIT]])
// CHECK: %[[START:.*]] = tensor.extract_slice %arg1
// CHECK: attn.linear_recurrence {{.*}} from(%[[START]] : {{.*}} outs(%[[OLD]] : tensor<64x64xf32>)
// CHECK: attn.linear_state from(%[[ENDS]]#1
func.func @documents(%q: tensor<8x?x64xf32>, %s: tensor<8x64x64xf32>, %cu: tensor<?xi32>) -> (tensor<8x?x64xf32>, tensor<8x64x64xf32>) {
  %o, %t = attn.linear %q, %q, %q state(%s : tensor<8x64x64xf32>) docs(%cu : tensor<?xi32>) causal schedule(#tokens) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x64x64xf32>)
  return %o, %t : tensor<8x?x64xf32>, tensor<8x64x64xf32>
}

// -----

#tokens = #attn.schedule<query_block = 16, key_block = 16, panel = 16, rows = 1, form = recurrent>

// Without order queries read the state at last.
// CHECK-LABEL: func @all_tokens
// CHECK: %[[STATE:.*]] = attn.linear_recurrence %{{.*}}, %{{.*}} scale(1.000000e+00) outs(%{{.*}} : tensor<64x64xf32>)
// CHECK: attn.linear_read %{{.*}}, %[[STATE]]
func.func @all_tokens(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %q, %q schedule(#tokens) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
