// RUN: attn-opt %s --attn-plan=target=sapphirerapids | FileCheck %s
// RUN: attn-opt %s --attn-plan=target=sapphirerapids --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=WHY

// Weights without softmax may be large, so that rounding them to bf16 for tiles would cost
// digits of the result: vectors compute them, and the remark says why.
// CHECK-LABEL: func @products
// CHECK-NOT: form = amx
// WHY: remark: tiles round weights to bf16, which are at most 1 only after a softmax; avx512 has 32 registers
// WHY: remark: scores are the weights, {{.*}} keeps: where that is all of them, Q (K^T V) is the same by products that are linear in the keys
func.func @products(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v normalize(none) : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// A function of each score has no cheaper order.
// CHECK-LABEL: func @relu
// WHY: remark: scores are the weights, {{.*}} keeps: a function of each score by itself is no product of one of the query and one of the key
func.func @relu(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v normalize(none) score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %zero = arith.constant 0.0 : f32
    %y = arith.maximumf %s, %zero : f32
    attn.yield %y : f32
  } : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// A softmax says nothing of it.
// CHECK-LABEL: func @softmax
// WHY-NOT: scores are the weights
func.func @softmax(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %q, %q : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
