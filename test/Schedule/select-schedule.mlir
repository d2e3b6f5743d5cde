// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s --check-prefix=AVX512
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 --attn-select-schedule | FileCheck %s --check-prefix=AVX2

// Unknown lengths: eight panels share a block of keys; queries that do not fill three
// quarters of a panel are cut otherwise, in blocks of 8 KiB of keys, and with keys in
// parts, since eight heads may not occupy a machine.
// AVX512-LABEL: func @dynamic
// AVX512: schedule(#attn.schedule<query_block = 512, key_block = 132, panel = 64, rows = 6>)
// AVX512-SAME: few(#attn.schedule<query_block = 48, key_block = 32, panel = 4, rows = 4, form = row, split = 4096>)
// AVX2-LABEL: func @dynamic
// AVX2: schedule(#attn.schedule<query_block = 256, key_block = 129, panel = 32, rows = 3>)
// AVX2-SAME: few(#attn.schedule<query_block = 24, key_block = 32, panel = 4, rows = 2, form = row, split = 4096>)
func.func @dynamic(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// Values of width 128, by vectors of 256 bits, as many keys as leave them in the first cache.
// AVX512-LABEL: func @wide
// AVX512: schedule(#attn.schedule<query_block = 512, key_block = 132, panel = 64, rows = 6>)
// AVX2-LABEL: func @wide
// AVX2: schedule(#attn.schedule<query_block = 256, key_block = {{42|66|87}}, panel = 32, rows = 3>)
func.func @wide(%q: tensor<8x?x128xf32>, %k: tensor<8x?x128xf32>, %v: tensor<8x?x128xf32>) -> tensor<8x?x128xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x128xf32>, tensor<8x?x128xf32>, tensor<8x?x128xf32>) -> tensor<8x?x128xf32>
  return %o : tensor<8x?x128xf32>
}

// Few queries: no more panels than they fill.
// AVX512-LABEL: func @short
// AVX512: schedule(#attn.schedule<query_block = 128, key_block = 132, panel = 64, rows = 6>)
// AVX2-LABEL: func @short
// AVX2: schedule(#attn.schedule<query_block = 128, key_block = 129, panel = 32, rows = 3>)
func.func @short(%q: tensor<8x100x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x100x64xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x100x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x100x64xf32>
  return %o : tensor<8x100x64xf32>
}

// A decoding step, known as such: three queries of each of four heads that share
// keys are twelve. 64 heads of keys in the batch occupy a machine without parts.
// AVX512-LABEL: func @decode
// AVX512: schedule(#attn.schedule<query_block = 12, key_block = 32, panel = 4, rows = 4, form = row, heads = 4>) :
func.func @decode(%q: tensor<8x32x3x64xf32>, %k: tensor<8x8x?x64xf32>, %v: tensor<8x8x?x64xf32>) -> tensor<8x32x3x64xf32> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x32x3x64xf32>, tensor<8x8x?x64xf32>, tensor<8x8x?x64xf32>) -> tensor<8x32x3x64xf32>
  return %o : tensor<8x32x3x64xf32>
}

// Drafted tokens to be checked: the queries of all heads that share keys fill panels
// together, from 5/8 of one on: 32 of 64 do not, 64 do, in parts of the keys where cells
// are few. Of 128 heads one query each is too many for form row, at any length.
// AVX512-LABEL: func @draft
// AVX512: schedule(#attn.schedule<query_block = 32, key_block = 16, panel = 4, rows = 4, form = row, split = 4096, heads = 4>)
// AVX512: schedule(#attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, split = 4092, heads = 8>)
// AVX512: schedule(#attn.schedule<query_block = 512, key_block = 132, panel = 64, rows = 6, heads = 128>)
// AVX512-SAME: few(#attn.schedule<query_block = 512, key_block = 132, panel = 64, rows = 6, split = 4092, heads = 128>)
// AVX2-LABEL: func @draft
// AVX2: schedule(#attn.schedule<query_block = 32, key_block = 66, panel = 32, rows = 3, split = 4092, heads = 4>)
func.func @draft(%q: tensor<1x32x8x128xf32>, %k: tensor<1x8x?x128xf32>, %l: tensor<1x4x?x128xf32>, %many: tensor<1x128x?x128xf32>, %one: tensor<1x1x?x128xf32>) -> (tensor<1x32x8x128xf32>, tensor<1x32x8x128xf32>, tensor<1x128x?x128xf32>) {
  %o = attn.sdpa %q, %k, %k : (tensor<1x32x8x128xf32>, tensor<1x8x?x128xf32>, tensor<1x8x?x128xf32>) -> tensor<1x32x8x128xf32>
  %n = attn.sdpa %q, %l, %l : (tensor<1x32x8x128xf32>, tensor<1x4x?x128xf32>, tensor<1x4x?x128xf32>) -> tensor<1x32x8x128xf32>
  %p = attn.sdpa %many, %one, %one : (tensor<1x128x?x128xf32>, tensor<1x1x?x128xf32>, tensor<1x1x?x128xf32>) -> tensor<1x128x?x128xf32>
  return %o, %n, %p : tensor<1x32x8x128xf32>, tensor<1x32x8x128xf32>, tensor<1x128x?x128xf32>
}

// Heads that see different keys, and score programs, which read by the lane, stay by themselves.
// AVX512-LABEL: func @apart
// AVX512-NOT: schedule({{.*}} rows = 6, heads
// AVX512: return
func.func @apart(%q: tensor<2x?x64xf32>, %k: tensor<1x?x64xf32>) -> (tensor<2x?x64xf32>, tensor<2x?x64xf32>) {
  %o = attn.sdpa %q, %k, %k mask(per_head[causal, full]) align(top_left) : (tensor<2x?x64xf32>, tensor<1x?x64xf32>, tensor<1x?x64xf32>) -> tensor<2x?x64xf32>
  %p = attn.sdpa %q, %k, %k score(%s: f32, %b: index, %h: index, %i: index, %j: index) {
    %t = arith.mulf %s, %s : f32
    attn.yield %t : f32
  } : (tensor<2x?x64xf32>, tensor<1x?x64xf32>, tensor<1x?x64xf32>) -> tensor<2x?x64xf32>
  return %o, %p : tensor<2x?x64xf32>, tensor<2x?x64xf32>
}

// Sixteen rows of a latent cache in f32 are more than half of the first cache.
// AVX512-LABEL: func @latent
// AVX512: schedule(#attn.schedule<query_block = 16, key_block = 8, panel = 4, rows = 4, form = row, split = 4096, heads = 16>)
// AVX512: schedule(#attn.schedule<query_block = 16, key_block = 16,
func.func @latent(%q: tensor<1x16x1x576xf32>, %k: tensor<1x1x?x576xf32>, %qh: tensor<1x16x1x576xbf16>, %kh: tensor<1x1x?x576xbf16>) -> (tensor<1x16x1x576xf32>, tensor<1x16x1x576xbf16>) {
  %o = attn.sdpa %q, %k, %k : (tensor<1x16x1x576xf32>, tensor<1x1x?x576xf32>, tensor<1x1x?x576xf32>) -> tensor<1x16x1x576xf32>
  %p = attn.sdpa %qh, %kh, %kh : (tensor<1x16x1x576xbf16>, tensor<1x1x?x576xbf16>, tensor<1x1x?x576xbf16>) -> tensor<1x16x1x576xbf16>
  return %o, %p : tensor<1x16x1x576xf32>, tensor<1x16x1x576xbf16>
}

// With a bias, which form row reads one by one, few are fewer.
// AVX512-LABEL: func @biased
// AVX512: few(#attn.schedule<query_block = 32,
func.func @biased(%q: tensor<8x?x64xf32>, %bias: tensor<8x?x?xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %q, %q bias(%bias : tensor<8x?x?xf32>) : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}

// f64 has half the lanes; 16-bit inputs are computed in f32.
// AVX512-LABEL: func @double
// AVX512: schedule(#attn.schedule<query_block = 256, key_block = 132, panel = 32, rows = 6>)
// AVX512-LABEL: func @bfloat
// AVX512: schedule(#attn.schedule<query_block = 512, key_block = 132, panel = 64, rows = 6>)
// AVX512-SAME: few(#attn.schedule<query_block = 48, key_block = 64,
func.func @double(%q: tensor<8x?x64xf64>, %k: tensor<8x?x64xf64>, %v: tensor<8x?x64xf64>) -> tensor<8x?x64xf64> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x64xf64>, tensor<8x?x64xf64>, tensor<8x?x64xf64>) -> tensor<8x?x64xf64>
  return %o : tensor<8x?x64xf64>
}
func.func @bfloat(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %v: tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16> {
  %o = attn.sdpa %q, %k, %v : (tensor<8x?x64xbf16>, tensor<8x?x64xbf16>, tensor<8x?x64xbf16>) -> tensor<8x?x64xbf16>
  return %o : tensor<8x?x64xbf16>
}

// A schedule that somebody wrote stays.
// AVX512-LABEL: func @written
// AVX512: schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
func.func @written(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>, %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %o = attn.sdpa %q, %k, %v schedule(#attn.schedule<query_block = 16, key_block = 32, panel = 16, rows = 2>)
    : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>) -> tensor<8x?x64xf32>
  return %o : tensor<8x?x64xf32>
}
