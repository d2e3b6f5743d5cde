// RUN: attn-run %s --dim=41 --compare=reference | FileCheck %s
// RUN: attn-run %s --dim=300 --compare=reference | FileCheck %s

// Projections for all heads and for groups of them, longer than the keys; no batch; bf16.
// CHECK: result 0: largest error
// CHECK: result 1: largest error
// CHECK: result 2: largest error
func.func @linformer(%q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>, %v: tensor<2x2x?x20xf32>,
    %e: tensor<24x300xf32>, %f: tensor<4x24x300xf32>, %g: tensor<3x5x?x8xbf16>, %h: tensor<7x300xbf16>,
    %x: tensor<4x?x8xf64>, %y: tensor<2x?x8xf64>, %z: tensor<2x5x?xf64>)
    -> (tensor<2x4x?x20xf32>, tensor<3x5x?x8xbf16>, tensor<4x?x8xf64>) {
  %s = attn.linformer %q, %k, %v, %e, %e scale(0.01) : tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x20xf32>, tensor<24x300xf32>, tensor<24x300xf32> -> tensor<2x4x?x20xf32>
  %0 = attn.linformer %s, %v, %v, %f, %f scale(0.0003) : tensor<2x4x?x20xf32>, tensor<2x2x?x20xf32>, tensor<2x2x?x20xf32>, tensor<4x24x300xf32>, tensor<4x24x300xf32> -> tensor<2x4x?x20xf32>
  %1 = attn.linformer %g, %g, %g, %h, %h scale(0.01) : tensor<3x5x?x8xbf16>, tensor<3x5x?x8xbf16>, tensor<3x5x?x8xbf16>, tensor<7x300xbf16>, tensor<7x300xbf16> -> tensor<3x5x?x8xbf16>
  %2 = attn.linformer %x, %y, %y, %z, %z : tensor<4x?x8xf64>, tensor<2x?x8xf64>, tensor<2x?x8xf64>, tensor<2x5x?xf64>, tensor<2x5x?xf64> -> tensor<4x?x8xf64>
  return %0, %1, %2 : tensor<2x4x?x20xf32>, tensor<3x5x?x8xbf16>, tensor<4x?x8xf64>
}
