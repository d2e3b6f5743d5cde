// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// A mask names its operands in place, as in attn.sdpa.
// CHECK-LABEL: func @docs
// CHECK: attn.mask_runs mask(all(causal, docs(%{{.*}} : tensor<?xi32>))) shape(%{{.*}}, %{{.*}}) position(%{{.*}}) at(%{{.*}}, %{{.*}}) tile(64, 128) rows(%{{.*}} : tensor<?xi32>) : tensor<?x4x4xi32>
func.func @docs(%cu: tensor<?xi32>, %first: tensor<?xi32>, %n: index) -> tensor<?x4x4xi32> {
  %zero = arith.constant 0 : index
  %runs = attn.mask_runs mask(all(causal, docs(%cu : tensor<?xi32>))) shape(%n, %n) position(%zero) at(%zero, %zero)
    tile(64, 128) rows(%first : tensor<?xi32>) : tensor<?x4x4xi32>
  return %runs : tensor<?x4x4xi32>
}
