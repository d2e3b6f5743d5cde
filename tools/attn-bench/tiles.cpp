//===- tiles.cpp - the rate of products on AMX tiles ----------------------===//
//
// Multiplies tiles of bf16 that stay in their registers, on four accumulators.
// The unit is faster on zeros, so operands are not; each product is 16 x 16 x
// 32 multiply-adds.
//
//===----------------------------------------------------------------------===//

#include "tiles.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int kRows = 16, kRowBytes = 64, kProducts = 4;

/// What ldtilecfg reads: palette 1, all eight tiles of one shape.
struct alignas(64) Configuration {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t rowBytes[16] = {};
  uint8_t rows[16] = {};

  Configuration() {
    for (int tile = 0; tile < 8; ++tile) {
      rowBytes[tile] = kRowBytes;
      rows[tile] = kRows;
    }
  }
};

} // namespace

bool supportsTiles() {
  // CPUID leaf 7: AMX-BF16 is bit 22 of EDX, AMX-TILE bit 24.
  constexpr unsigned kBoth = 1u << 22 | 1u << 24;
  // arch_prctl's request for a state component, and the number of the tiles'.
  constexpr int kRequest = 0x1023, kTileData = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kBoth) == kBoth &&
         syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

__attribute__((target("amx-tile,amx-bf16"))) double
multiplyAddTiles(int64_t rounds) {
  static const Configuration configuration;
  alignas(64) uint16_t operand[kRows * kRowBytes / 2];
  // Numbers in [1, 2) of many bits.
  for (unsigned element = 0; element < sizeof operand / 2; ++element)
    operand[element] = static_cast<uint16_t>(0x3f80 | element * 37 % 128);
  _tile_loadconfig(&configuration);
  _tile_loadd(4, operand, kRowBytes);
  _tile_loadd(5, operand, kRowBytes);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t round = 0; round < rounds; ++round) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  _tile_release();
  return 2.0 * kRows * kRows * (kRowBytes / 2) * kProducts *
         static_cast<double>(rounds);
}

#else

bool supportsTiles() { return false; }
double multiplyAddTiles(int64_t) { return 0; }

#endif
