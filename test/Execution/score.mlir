// RUN: attn-run %s --dim=41 --dim=0.2=37 --compare=reference | FileCheck %s

// A score program reads a table by head and by distance.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x8xf32>, %slopes: tensor<3xf32>) -> tensor<2x3x?x8xf32> {
  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %d = arith.subi %i, %j : index
      %d32 = arith.index_cast %d : index to i32
      %df = arith.sitofp %d32 : i32 to f32
      %slope = tensor.extract %slopes[%h] : tensor<3xf32>
      %p = arith.mulf %slope, %df : f32
      %y = arith.subf %s, %p : f32
      attn.yield %y : f32
    }
    : (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  return %o : tensor<2x3x?x8xf32>
}
