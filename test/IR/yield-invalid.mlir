// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @outside(%x: tensor<8x4x64xf32>) {
  // expected-error @below {{expects parent op to be one of 'attn.sdpa, attn.weights, attn.layer, attn.step, attn.predicate, attn.feature_map, attn.map_features'}}
  attn.yield %x : tensor<8x4x64xf32>
}

// -----

func.func @not_last(%q: tensor<8x4x64xf32>) {
  %p = attn.weights %q, %q score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    // expected-error @below {{must be the last operation in the parent block}}
    attn.yield %s : f32
    %y = arith.negf %s : f32
  } : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}

// -----

func.func @two_values(%q: tensor<8x4x64xf32>) {
  // expected-error @below {{score program must end in attn.yield of one 'f32'}}
  %p = attn.weights %q, %q score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    attn.yield %s, %s : f32, f32
  } : (tensor<8x4x64xf32>, tensor<8x4x64xf32>) -> tensor<8x4x4xf32>
  return
}
