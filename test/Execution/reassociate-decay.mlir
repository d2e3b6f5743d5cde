// RUN: attn-run %s --dim=37 --values=2=0.01,0,0.5,2 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=37 --values=2=0.01,0,0.5,2 --compare=reference --attn-fp=strict | FileCheck %s
// RUN: attn-run %s --dim=37 --values=2=0.01,-0.02,0.5,2 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=1 --values=2=0.01,0,0.5,2 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=0 --values=2=0.01,0,0.5,2 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=41 --dim=0.1=37 --values=2=0.01,0,0.5,2 --compare=reference | FileCheck %s

// Either form of a call gives the oracle's numbers: as many queries as keys, or not,
// and rates that an operand gives, one of which grows in the third call.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x?x8xf32>, %k: tensor<2x?x8xf32>, %r: tensor<4xf32>) -> tensor<4x?x8xf32> {
  %o = attn.sdpa %q, %k, %k scale(0.1) mask(causal) align(bottom_right) normalize(none)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %n = arith.subi %j, %i : index
      %n32 = arith.index_cast %n : index to i32
      %x = arith.sitofp %n32 : i32 to f32
      %l = tensor.extract %r[%h] : tensor<4xf32>
      %e = arith.mulf %x, %l : f32
      %w = math.exp %e : f32
      %y = arith.mulf %s, %w : f32
      attn.yield %y : f32
    } : (tensor<4x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<4x?x8xf32>
  return %o : tensor<4x?x8xf32>
}
