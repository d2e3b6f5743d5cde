// RUN: split-file %s %t
// RUN: attn-opt %t/source.mlir --split-input-file --verify-diagnostics --attn-verify-stage=stage=source
// RUN: attn-opt %t/planned.mlir --split-input-file --verify-diagnostics --attn-verify-stage=stage=planned
// RUN: attn-opt %t/tiled.mlir --split-input-file --verify-diagnostics --attn-verify-stage=stage=tiled
// RUN: attn-opt %t/lowered.mlir --verify-diagnostics --attn-verify-stage=stage=lowered
// RUN: attn-opt %t/binary.mlir --verify-diagnostics --attn-verify-stage=stage=binary
// RUN: not attn-opt %t/binary.mlir --attn-verify-stage=stage=melted 2>&1 | FileCheck %s

// CHECK: error: unknown stage 'melted', expected source, planned, tiled, lowered or binary

//--- source.mlir

// Lists of blocks are for masks: a kernel takes and returns their tensors.
// expected-error @below {{has '!attn.blocks<8, 8>' in its type '(!attn.blocks<8, 8>) -> ()', expected tensors: attn.block_list makes a list of them, attn.block_tensors takes one apart}}
func.func @list(%m: !attn.blocks<8, 8>) {
  return
}

// -----

func.func @fold_op(%n: index) {
  // expected-error @below {{is a fold op in stage source}}
  attn.record_tiles %n, %n, %n
  return
}

// -----

// Nothing is appended to what should be updated in place.
// expected-error @below {{argument 0 is attn.inplace and 0 results are attn.kv_append of it, or the last state of attn.linear, expected exactly one}}
func.func @not_updated(%c: tensor<2x8x4xf32> {attn.inplace}, %n: tensor<2x1x4xf32>, %p: tensor<1xi32>) -> tensor<2x8x4xf32> {
  return %c : tensor<2x8x4xf32>
}

// -----

// One memory cannot hold two results.
// expected-error @below {{argument 0 is attn.inplace and 2 results are attn.kv_append of it, or the last state of attn.linear, expected exactly one}}
func.func @updated_twice(%c: tensor<2x8x4xf32> {attn.inplace}, %n: tensor<2x1x4xf32>, %p: tensor<1xi32>) -> (tensor<2x8x4xf32>, tensor<2x8x4xf32>) {
  %0 = attn.kv_append %c, %n, %p : tensor<2x8x4xf32>, tensor<2x1x4xf32>, tensor<1xi32>
  %1 = attn.kv_append %c, %n, %p ring : tensor<2x8x4xf32>, tensor<2x1x4xf32>, tensor<1xi32>
  return %0, %1 : tensor<2x8x4xf32>, tensor<2x8x4xf32>
}

//--- planned.mlir

func.func @no_schedule(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  // expected-error @below {{has no schedule in stage planned}}
  %o = attn.sdpa %q, %q, %q : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

func.func @layer(%x: tensor<2x5x16xf32>, %w: tensor<16x16xf32>) -> tensor<2x5x16xf32> {
  // expected-error @below {{is left in stage planned, expected attn-expand-layers to run before}}
  %y = attn.layer %x, %w, %w, %w heads(2) kv_heads(2) {
  ^bb0(%q: tensor<2x2x5x8xf32>, %k: tensor<2x2x5x8xf32>, %v: tensor<2x2x5x8xf32>):
    attn.yield %q : tensor<2x2x5x8xf32>
  } : (tensor<2x5x16xf32>, tensor<16x16xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x5x16xf32>
  return %y : tensor<2x5x16xf32>
}

// -----

// A low-rank mechanism has been turned into others.
func.func @low_rank(%q: tensor<2x9x8xf32>) {
  // expected-error @below {{is left in stage planned, expected attn-decompose-low-rank to run before}}
  %o = attn.nystrom %q, %q, %q landmarks(3) : tensor<2x9x8xf32>, tensor<2x9x8xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return
}

//--- tiled.mlir

func.func @mechanism(%q: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  // expected-error @below {{is left in stage tiled, expected attn-partition-grid to run before}}
  %o = attn.sdpa %q, %q, %q : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// -----

// The scores of all queries against all keys, made inside a grid.
func.func @plane(%m: index, %n: index, %o: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = scf.forall (%i) in (%m) shared_outs(%s = %o) -> tensor<?x?xf32> {
    // expected-error @below {{makes a tensor of 2 run-time extents inside a grid, expected buffers of tile size}}
    %e = tensor.empty(%m, %n) : tensor<?x?xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %e into %s[0, 0] [%m, %n] [1, 1] : tensor<?x?xf32> into tensor<?x?xf32>
    }
  }
  return %r : tensor<?x?xf32>
}

//--- lowered.mlir

func.func @step_left(%q: memref<?x8xf32>, %p: memref<1x8x16xf32>, %a: memref<1x24x16xf32>, %m: memref<1x16xf32>, %s: memref<1x16xf32>) {
  // expected-error @below {{is left in stage lowered}}
  attn.init %q factor(1.0) outs(%p, %a, %m, %s : memref<1x8x16xf32>, memref<1x24x16xf32>, memref<1x16xf32>, memref<1x16xf32>) schedule(#attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 6>) : memref<?x8xf32>
  return
}

//--- binary.mlir

// expected-error @below {{is left in stage binary, expected only the LLVM dialect}}
func.func private @not_llvm()
