// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Queries read the state after the last token; their number is their own.
// CHECK-LABEL: func @all_tokens
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x80xf32>) -> tensor<?x8x?x80xf32>
func.func @all_tokens(%q: tensor<?x8x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x80xf32>) -> tensor<?x8x?x80xf32> {
  %o = attn.linear %q, %k, %v : (tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x80xf32>) -> tensor<?x8x?x80xf32>
  return %o : tensor<?x8x?x80xf32>
}

// All clauses of the gated delta rule, in any order; the state comes and goes.
// CHECK-LABEL: func @gated_delta
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} decay(%{{.*}} : tensor<?x8x?xf32>) beta(%{{.*}} : tensor<?x8x?xf32>) state(%{{.*}} : tensor<?x8x64x64xf32>) causal delta scale(1.250000e-01)
// CHECK-SAME: -> (tensor<?x8x?x64xbf16>, tensor<?x8x64x64xf32>)
func.func @gated_delta(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>, %g: tensor<?x8x?xf32>, %b: tensor<?x8x?xf32>, %s: tensor<?x8x64x64xf32>)
    -> (tensor<?x8x?x64xbf16>, tensor<?x8x64x64xf32>) {
  %o, %t = attn.linear %q, %k, %v causal scale(0.125) delta state(%s : tensor<?x8x64x64xf32>) beta(%b : tensor<?x8x?xf32>) decay(%g : tensor<?x8x?xf32>)
    : (tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>) -> (tensor<?x8x?x64xbf16>, tensor<?x8x64x64xf32>)
  return %o, %t : tensor<?x8x?x64xbf16>, tensor<?x8x64x64xf32>
}

// A constant for each head that keys have; without a batch.
// CHECK-LABEL: func @constant_decay
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} decay(%{{.*}} : tensor<2xf32>) docs(%{{.*}} : tensor<?xi32>) causal
func.func @constant_decay(%q: tensor<8x?x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>, %g: tensor<2xf32>, %cu: tensor<?xi32>) -> tensor<8x?x64xf32> {
  %o = attn.linear %q, %k, %v decay(%g : tensor<2xf32>) docs(%cu : tensor<?xi32>) causal : (tensor<8x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// With normalize the state has a column for the sums. Decay of eight heads over
// keys of two makes eight states.
// CHECK-LABEL: func @state_per_head
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} decay(%{{.*}} : tensor<8x?xf32>) causal normalize eps(9.99{{.*}}E-7)
// CHECK-SAME: -> (tensor<8x?x64xf32>, tensor<8x16x65xf32>)
func.func @state_per_head(%q: tensor<8x?x16xf32>, %k: tensor<2x?x16xf32>, %v: tensor<2x?x64xf32>, %g: tensor<8x?xf32>) -> (tensor<8x?x64xf32>, tensor<8x16x65xf32>) {
  %o, %s = attn.linear %q, %k, %v decay(%g : tensor<8x?xf32>) causal normalize eps(1.0e-06) : (tensor<8x?x16xf32>, tensor<2x?x16xf32>, tensor<2x?x64xf32>) -> (tensor<8x?x64xf32>, tensor<8x16x65xf32>)
  return %o, %s : tensor<8x?x64xf32>, tensor<8x16x65xf32>
}

// Features without signs may be normalised.
// CHECK-LABEL: func @normalised_features
// CHECK: attn.linear %{{.*}}, %{{.*}}, %{{.*}} normalize :
func.func @normalised_features(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %fq = attn.feature_map elu1 %q : tensor<8x?x64xf32>
  %fk = attn.feature_map elu1 %k : tensor<8x?x64xf32>
  %o = attn.linear %fq, %fk, %v normalize : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
