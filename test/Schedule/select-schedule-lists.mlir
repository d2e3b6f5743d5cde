// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

!q = tensor<1x8x?x64xf32>
!r = tensor<1x1x?xi32>
!c = tensor<?xi32>

// A tile has as many queries as a block, where that is less than 512.
// CHECK-LABEL: func @blocks_of_128
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
// REMARK: tiles of 128 queries within rows of blocks of 128
func.func @blocks_of_128(%q: !q, %r: !r, %c: !c) -> !q {
  %o = attn.sdpa %q, %q, %q mask(blocks<128, 128>(%r : !r, %c : !c)) : (!q, !q, !q) -> !q
  return %o : !q
}

// The largest part of a block that fits.
// CHECK-LABEL: func @blocks_of_1536
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 512,
func.func @blocks_of_1536(%q: !q, %r: !r, %c: !c) -> !q {
  %o = attn.sdpa %q, %q, %q mask(blocks<1536, 128>(%r : !r, %c : !c)) : (!q, !q, !q) -> !q
  return %o : !q
}

// Blocks below a panel of 64 queries make panels shorter, and the keys they are held
// against more.
// CHECK-LABEL: func @blocks_of_32
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 32, key_block = 132, panel = 32, rows = 12>)
func.func @blocks_of_32(%q: !q, %r: !r, %c: !c) -> !q {
  %o = attn.sdpa %q, %q, %q mask(all(causal, blocks<32, 64>(%r : !r, %c : !c))) align(top_left) : (!q, !q, !q) -> !q
  return %o : !q
}

// Few queries share a list: form row, whatever the number of rows, and parts of keys
// are not needed.
// CHECK-LABEL: func @blocks_of_1
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 8, key_block = {{[0-9]+}}, panel = 4, rows = 4, form = row, heads = 8>) :
func.func @blocks_of_1(%q: !q, %k: tensor<1x1x?x64xf32>, %r: !r, %c: !c) -> !q {
  %o = attn.sdpa %q, %k, %k mask(blocks<1, 64>(%r : !r, %c : !c)) : (!q, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>) -> !q
  return %o : !q
}

// A block of a prime number of queries is one tile, also if that is a large one.
// CHECK-LABEL: func @blocks_of_521
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 528, key_block = 128, panel = 48, rows = 8>)
// REMARK: tiles of 521 queries within rows of blocks of 521
func.func @blocks_of_521(%q: !q, %r: !r, %c: !c) -> !q {
  %o = attn.sdpa %q, %q, %q mask(blocks<521, 128>(%r : !r, %c : !c)) : (!q, !q, !q) -> !q
  return %o : !q
}

// Few queries are one tile, whatever blocks they begin.
// REMARK: tiles of 16 queries within rows of blocks of 521
func.func @start_of_a_block(%q: tensor<1x8x16x64xf32>, %r: !r, %c: !c) -> tensor<1x8x16x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(blocks<521, 128>(%r : !r, %c : !c)) : (tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32>
  return %o : tensor<1x8x16x64xf32>
}

// Heads that share keys and a list are folded together: with blocks of 4 queries they are
// few; with blocks of 8 they are not, but where there are few rows.
// CHECK-LABEL: func @groups
// CHECK: attn.sdpa {{.*}} mask(blocks<4, 64, 4>{{.*}} schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 4, rows = 4, form = row, heads = 4>) :
// CHECK: attn.sdpa {{.*}} mask(blocks<8, 64, 4>{{.*}} schedule(#attn.schedule<query_block = 16, key_block = 144, panel = 16, rows = 24>) few(
func.func @groups(%q: !q, %k: tensor<1x2x?x64xf32>, %r: tensor<1x?x?xi32>, %c: !c) {
  %0 = attn.sdpa %q, %k, %k mask(blocks<4, 64, 4>(%r : tensor<1x?x?xi32>, %c : !c)) : (!q, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>) -> !q
  %1 = attn.sdpa %q, %k, %k mask(blocks<8, 64, 4>(%r : tensor<1x?x?xi32>, %c : !c)) : (!q, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>) -> !q
  return
}
