//===- HalfConversions.cpp - f16 where no instruction has it --------------===//
//
// Converts between f16 and f32 with integers only, so that no compiler turns a
// conversion into a call of itself.
//
//===----------------------------------------------------------------------===//

#include "HalfConversions.h"
#include "llvm/ADT/bit.h"

uint32_t attn::exec::extendHalf(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f, mantissa = bits & 0x3ff;
  if (exponent == 0x1f)
    return sign | 0x7f800000 | mantissa << 13;
  if (exponent != 0)
    return sign | (exponent + 112) << 23 | mantissa << 13;
  if (mantissa == 0)
    return sign;
  // A subnormal is normal in f32: move its first one to the hidden place.
  int shift = llvm::countl_zero(mantissa) - 21;
  return sign | uint32_t(113 - shift) << 23 |
         ((mantissa << shift) & 0x3ff) << 13;
}

uint16_t attn::exec::truncateToHalf(uint32_t bits) {
  uint16_t sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return sign | 0x7e00 | ((magnitude >> 13) & 0x3ff);
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000)
    return sign | 0x7c00;
  int exponent = int(magnitude >> 23) - 112;
  uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
  // Subnormal results lose one more bit for each step below the least exponent.
  int dropped = exponent > 0 ? 13 : 14 - exponent;
  if (dropped > 25)
    return sign;
  uint32_t kept = mantissa >> dropped;
  uint32_t rest = mantissa & ((1u << dropped) - 1), half = 1u << (dropped - 1);
  kept += rest > half || (rest == half && (kept & 1));
  // The hidden one adds itself to the exponent; a carry does so again.
  if (exponent > 0)
    kept += uint32_t(exponent - 1) << 10;
  return sign | kept;
}

#if defined(__x86_64__)
_Float16 attn::exec::truncateFloatToHalf(float value) {
  return llvm::bit_cast<_Float16>(
      truncateToHalf(llvm::bit_cast<uint32_t>(value)));
}

float attn::exec::extendHalfToFloat(_Float16 value) {
  return llvm::bit_cast<float>(extendHalf(llvm::bit_cast<uint16_t>(value)));
}
#endif
