// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

#cut = #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>

// CHECK-LABEL: func @out_only
// CHECK: attn.finish %{{.*}}, %{{.*}}, %{{.*}} head(%{{.*}}) outs(%{{.*}} : tensor<?x24xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) : tensor<1x24x16xf32>, tensor<1x16xf32>, tensor<1x16xf32> -> tensor<?x24xf32>
func.func @out_only(%a: tensor<1x24x16xf32>, %m: tensor<1x16xf32>, %s: tensor<1x16xf32>, %h: index, %o: tensor<?x24xf32>) -> tensor<?x24xf32> {
  %r = attn.finish %a, %m, %s head(%h) outs(%o : tensor<?x24xf32>) schedule(#cut) : tensor<1x24x16xf32>, tensor<1x16xf32>, tensor<1x16xf32> -> tensor<?x24xf32>
  return %r : tensor<?x24xf32>
}

// CHECK-LABEL: func @sink_and_lse
// CHECK: attn.finish %{{.*}}, %{{.*}}, %{{.*}} sink(%{{.*}} : tensor<8xf32>) head(%{{.*}}) outs(%{{.*}}, %{{.*}} : tensor<?x24xbf16>, tensor<?xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) :
func.func @sink_and_lse(%a: tensor<1x24x16xf32>, %m: tensor<1x16xf32>, %s: tensor<1x16xf32>, %x: tensor<8xf32>, %h: index,
                        %o: tensor<?x24xbf16>, %l: tensor<?xf32>) -> (tensor<?x24xbf16>, tensor<?xf32>) {
  %r:2 = attn.finish %a, %m, %s sink(%x : tensor<8xf32>) head(%h) outs(%o, %l : tensor<?x24xbf16>, tensor<?xf32>) schedule(#cut)
    : tensor<1x24x16xf32>, tensor<1x16xf32>, tensor<1x16xf32> -> tensor<?x24xbf16>, tensor<?xf32>
  return %r#0, %r#1 : tensor<?x24xbf16>, tensor<?xf32>
}

// CHECK-LABEL: func @buffers
// CHECK: attn.finish {{.*}} outs(%{{.*}} : memref<?x24xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>{{$}}
func.func @buffers(%a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>, %h: index, %o: memref<?x24xf32>) {
  attn.finish %a, %m, %s head(%h) outs(%o : memref<?x24xf32>) schedule(#cut) : memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>
  return
}
