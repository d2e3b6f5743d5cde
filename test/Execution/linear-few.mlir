// RUN: attn-run %s --dim=5 --compare=reference | FileCheck %s

// So few tokens that they go one by one.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<4x?x24xf32>, %k: tensor<4x?x24xf32>, %v: tensor<4x?x24xf32>, %xg: tensor<4x?xf32>, %b: tensor<4x?xf32>) -> tensor<4x?x24xf32> {
  %g = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%xg : tensor<4x?xf32>) {
  ^bb0(%e: f32):
    %a = math.absf %e : f32
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<4x?xf32>
  %o = attn.linear %q, %k, %v decay(%g : tensor<4x?xf32>) beta(%b : tensor<4x?xf32>) causal delta scale(0.1) : (tensor<4x?x24xf32>, tensor<4x?x24xf32>, tensor<4x?x24xf32>) -> tensor<4x?x24xf32>
  return %o : tensor<4x?x24xf32>
}
