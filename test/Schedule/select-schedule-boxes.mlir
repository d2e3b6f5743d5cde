// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-select-schedule --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 --attn-select-schedule | FileCheck %s --check-prefix=AVX2
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4:+emulated-amx --attn-select-schedule | FileCheck %s --check-prefix=AMX

!image = tensor<1x8x4096x64xbf16>

// A panel is a box, whose shape is that of the neighbourhood. Its keys are blocks of equal
// length: no short one comes last.
// CHECK-LABEL: func @image
// CHECK: schedule(#attn.schedule<query_block = 64, key_block = 138, panel = 64, rows = 6, box = [8, 8]>)
// REMARK: the queries of a tile are a box of 8 x 8 points of the grid, with about {{[0-9]+}} keys each, fetched from where they stand; avx512 has 32 registers
// AVX2-LABEL: func @image
// AVX2: schedule(#attn.schedule<query_block = 32, key_block = {{[0-9]+}}, panel = 32, rows = 3, box = [4, 8]>)
// AMX-LABEL: func @image
// AMX: schedule(#attn.schedule<query_block = 64, key_block = {{[0-9]+}}, panel = 32, rows = 32, form = amx, box = [8, 8]>)
func.func @image(%q: !image) -> !image {
  %o = attn.sdpa %q, %q, %q mask(grid<[64, 64], [near<13>, near<13>]>) : (!image, !image, !image) -> !image
  return %o : !image
}

// No box divides this grid, and none need.
// CHECK-LABEL: func @primes
// CHECK: box = [{{[0-9]+}}, {{[0-9]+}}]>)
func.func @primes(%q: tensor<8x2491x64xf32>) -> tensor<8x2491x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(grid<[47, 53], [near<5>, near<5>]>) : (tensor<8x2491x64xf32>, tensor<8x2491x64xf32>, tensor<8x2491x64xf32>) -> tensor<8x2491x64xf32>
  return %o : tensor<8x2491x64xf32>
}

// Heads that share keys are by themselves in boxes, whose queries have places.
// CHECK-LABEL: func @grouped
// CHECK: panel = 64, rows = 6, box = [{{[0-9]+}}, {{[0-9]+}}]>)
// AMX-LABEL: func @grouped
// AMX: form = amx, box = [{{[0-9]+}}, {{[0-9]+}}]>)
func.func @grouped(%q: tensor<4x2304x64xbf16>, %k: tensor<2x2304x64xbf16>) -> tensor<4x2304x64xbf16> {
  %o = attn.sdpa %q, %k, %k mask(grid<[48, 48], [near<13>, near<13>]>) : (tensor<4x2304x64xbf16>, tensor<2x2304x64xbf16>, tensor<2x2304x64xbf16>) -> tensor<4x2304x64xbf16>
  return %o : tensor<4x2304x64xbf16>
}

// A bias lies in rows of queries; pages hold keys that are neighbours; of queries whose
// number is known at run time only, nobody knows where they stand.
// CHECK-LABEL: func @no_box
// CHECK-NOT: box =
func.func @no_box(%q: !image, %b: tensor<1x1x1x4096xbf16>, %d: tensor<1x8x?x64xbf16>) -> (!image, tensor<1x8x?x64xbf16>) {
  %0 = attn.sdpa %q, %q, %q bias(%b : tensor<1x1x1x4096xbf16>) mask(grid<[64, 64], [near<13>, near<13>]>) : (!image, !image, !image) -> !image
  %1 = attn.sdpa %d, %q, %q mask(grid<[64, 64], [near<13>, near<13>]>) align(bottom_right) : (tensor<1x8x?x64xbf16>, !image, !image) -> tensor<1x8x?x64xbf16>
  return %0, %1 : !image, tensor<1x8x?x64xbf16>
}
