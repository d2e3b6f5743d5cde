//===- RowCopy.cpp - Rows of elements from one place to another -----------===//
//
// Implements copies with conversion. Loops over neighbours are apart from those
// over strides, for the sake of vectors.
//
//===----------------------------------------------------------------------===//

#include "RowCopy.h"

#include "attn-rt/abi.h"

#include <cstring>

using namespace attn::rt;

// Halves are converted by instructions or not at all.
#if defined(__x86_64__)
#define ATTN_HALF_TARGET __attribute__((target("avx,f16c")))
#else
#define ATTN_HALF_TARGET
#endif

namespace {

/// An element of bf16: the upper half of an f32.
struct BFloat {
  uint16_t bits;
};

} // namespace

/// Elements of one type.
template <typename T> static inline T convert(T value, T) { return value; }

static inline float convert(BFloat value, float) {
  uint32_t bits = uint32_t(value.bits) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

static inline BFloat convert(float value, BFloat) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  // Rounding could carry a NaN into an infinity.
  return {uint16_t(value != value ? bits >> 16 | 0x40 : rounded)};
}

/// The loops of a copy; `CONVERT` makes a `To` of a `From`.
#define ATTN_COPY_LOOPS(CONVERT)                                               \
  auto *source = reinterpret_cast<const From *>(from);                         \
  auto *target = reinterpret_cast<To *>(to);                                   \
  if (fromStride == 1 && toStride == 1) {                                      \
    for (int64_t k = 0; k < count; ++k)                                        \
      target[k] = CONVERT(source[k]);                                          \
    return;                                                                    \
  }                                                                            \
  for (int64_t k = 0; k < count; ++k)                                          \
    target[k * toStride] = CONVERT(source[k * fromStride]);

template <typename From, typename To>
static void copyRow(const char *from, int64_t fromStride, char *to,
                    int64_t toStride, int64_t count) {
#define ATTN_CONVERT(VALUE) convert(VALUE, To())
  ATTN_COPY_LOOPS(ATTN_CONVERT)
#undef ATTN_CONVERT
}

template <typename From, typename To>
ATTN_HALF_TARGET static void copyHalves(const char *from, int64_t fromStride,
                                        char *to, int64_t toStride,
                                        int64_t count) {
  ATTN_COPY_LOOPS(To)
}

/// Whether the processor converts f16.
static bool convertsHalves() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("f16c");
#else
  return true;
#endif
}

RowCopy attn::rt::selectRowCopy(int64_t from, int64_t to) {
  if (from == to)
    return from == ATTN_RT_F32 ? copyRow<float, float>
                               : copyRow<uint16_t, uint16_t>;
  if (from == ATTN_RT_BF16)
    return copyRow<BFloat, float>;
  if (to == ATTN_RT_BF16)
    return copyRow<float, BFloat>;
  if (!convertsHalves())
    return nullptr;
  return from == ATTN_RT_F16 ? copyHalves<_Float16, float>
                             : copyHalves<float, _Float16>;
}

int64_t attn::rt::elementSize(int64_t type) {
  return type == ATTN_RT_F32 ? sizeof(float) : sizeof(uint16_t);
}
