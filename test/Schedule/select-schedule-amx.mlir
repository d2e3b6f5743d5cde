// RUN: attn-opt %s --attn-attach-target=target=sapphirerapids --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3:+emulated-amx --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=sapphirerapids:-amx-tile --attn-select-schedule | FileCheck %s --check-prefix=NONE
// RUN: attn-opt %s --attn-plan=target=sapphirerapids --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=WHY

// Many queries in bf16 go to the tiles where there are some.
// CHECK-LABEL: func @long
// CHECK: schedule(#attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx>)
// NONE-NOT: form = amx
// WHY: remark: amx multiplies tiles: 32 keys by 32 queries in four tiles, 16 panels a query block, blocks of 128 keys
func.func @long(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x80xbf16>) -> tensor<8x?x80xbf16> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x80xbf16>) -> tensor<8x?x80xbf16>
  return %o : tensor<8x?x80xbf16>
}

// No more panels than the queries fill.
// CHECK-LABEL: func @short
// CHECK: schedule(#attn.schedule<query_block = 128, key_block = 128, panel = 32, rows = 32, form = amx>)
func.func @short(%q: tensor<8x100x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x100x64xbf16> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x100x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x100x64xbf16>
  return %o : tensor<8x100x64xbf16>
}

// Keys and values of eight bits are exact in bf16; their scales multiply scores and weights.
// CHECK-LABEL: func @eight_bits
// CHECK: schedule(#attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx>)
// NONE-NOT: form = amx
func.func @eight_bits(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xi8>, %v: tensor<8x?x80xf8E4M3FN>, %ks: tensor<8x?xf32>, %vs: tensor<8x?xf32>) -> tensor<8x?x80xbf16> {
  %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<8x?xf32>) value_scale(%vs : tensor<8x?xf32>)
    : (tensor<8x?x64xbf16>, tensor<8x?x64xi8>, tensor<8x?x80xf8E4M3FN>) -> tensor<8x?x80xbf16>
  return %o : tensor<8x?x80xbf16>
}

// A decoding step would leave most of a tile empty.
// CHECK-LABEL: func @decode
// CHECK-NOT: form = amx
// CHECK: return
func.func @decode(%q: tensor<8x1x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x1x64xbf16> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x1x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x1x64xbf16>
  return %o : tensor<8x1x64xbf16>
}

// Heads that share keys fill panels together: eight drafted tokens of four heads one of
// 32 queries. A decoding step of four heads is still few; one of 16 heads on one latent
// key fills a panel of 16, in parts of the keys as there are few cells.
// CHECK-LABEL: func @draft
// CHECK: schedule(#attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx, heads = 4>)
// CHECK-SAME: few(#attn.schedule<query_block = 8, key_block = 32, panel = 4, rows = {{.*}}, form = row, split = 4096, heads = 4{{.*}}>)
// WHY: blocks of 128 keys; 4 heads that share keys are one tile
func.func @draft(%q: tensor<1x32x?x128xbf16>, %k: tensor<1x8x?x128xbf16>) -> tensor<1x32x?x128xbf16> {
  %o = attn.sdpa %q, %k, %k : (tensor<1x32x?x128xbf16>, tensor<1x8x?x128xbf16>, tensor<1x8x?x128xbf16>) -> tensor<1x32x?x128xbf16>
  return %o : tensor<1x32x?x128xbf16>
}
// CHECK-LABEL: func @latent
// CHECK: schedule(#attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx, heads = 16>)
// CHECK-SAME: few(#attn.schedule<query_block = 64, key_block = 128, panel = 16, rows = 32, form = amx, split = 4096, heads = 16>)
// WHY: remark: up to 64 queries of 16 heads that share keys fill panels of 16: the form of many queries, parts of 4096 keys
func.func @latent(%q: tensor<1x16x?x576xbf16>, %k: tensor<1x1x?x576xbf16>) -> tensor<1x16x?x576xbf16> {
  %o = attn.sdpa %q, %k, %k : (tensor<1x16x?x576xbf16>, tensor<1x1x?x576xbf16>, tensor<1x1x?x576xbf16>) -> tensor<1x16x?x576xbf16>
  return %o : tensor<1x16x?x576xbf16>
}

// Another type, or a width that is not known, goes to vectors, and the remark says why.
// CHECK-LABEL: func @halves
// CHECK-NOT: form = amx
// WHY: remark: tiles take queries of bf16, of widths that are known; avx512 has 32 registers of 512 bits
// CHECK-LABEL: func @width
// CHECK-NOT: form = amx
// WHY: remark: tiles take queries of bf16, of widths that are known; avx512 has 32 registers of 512 bits
func.func @halves(%q: tensor<8x?x64xf16>, %k: tensor<8x?x64xf16>, %v: tensor<8x?x64xf16>) -> tensor<8x?x64xf16> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x64xf16>, tensor<8x?x64xf16>, tensor<8x?x64xf16>) -> tensor<8x?x64xf16>
  return %o : tensor<8x?x64xf16>
}
func.func @width(%q: tensor<8x?x?xbf16>, %k: tensor<8x?x?xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v scale(0.125) : (tensor<8x?x?xbf16>, tensor<8x?x?xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// Blocks of keys stay within pages. Tiles take keys 32 at a time, so smaller pages go
// to vectors.
// CHECK-LABEL: func @pages
// CHECK: attn.sdpa {{.*}} schedule(#attn.schedule<query_block = 128, key_block = 64, panel = 32, rows = 32, form = amx>)
// CHECK-LABEL: func @small_pages
// CHECK-NOT: form = amx
// WHY: remark: tiles take keys 32 at a time, the pages hold 16; avx512 has 32 registers
func.func @pages(%q: tensor<1x8x100x64xbf16>, %p: tensor<?x64x8x64xbf16>, %t: tensor<1x?xi32>) -> tensor<1x8x100x64xbf16> {
  %k = attn.paged_view %p, %t : tensor<?x64x8x64xbf16>, tensor<1x?xi32> -> tensor<1x8x?x64xbf16>
  %o = attn.sdpa %q, %k, %k : (tensor<1x8x100x64xbf16>, tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>) -> tensor<1x8x100x64xbf16>
  return %o : tensor<1x8x100x64xbf16>
}
func.func @small_pages(%q: tensor<1x8x100x64xbf16>, %p: tensor<?x16x8x64xbf16>, %t: tensor<1x?xi32>) -> tensor<1x8x100x64xbf16> {
  %k = attn.paged_view %p, %t : tensor<?x16x8x64xbf16>, tensor<1x?xi32> -> tensor<1x8x?x64xbf16>
  %o = attn.sdpa %q, %k, %k : (tensor<1x8x100x64xbf16>, tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>) -> tensor<1x8x100x64xbf16>
  return %o : tensor<1x8x100x64xbf16>
}
