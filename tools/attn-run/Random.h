//===- Random.h - numbers from a seed --------------------------*- C++ -*-===//
//
// Defines a generator whose numbers are the same on every machine, unlike those
// of the standard library's distributions.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_RANDOM_H
#define ATTN_TOOLS_ATTN_RUN_RANDOM_H

#include <cmath>
#include <cstdint>

namespace attn::run {

/// SplitMix64 (Steele, Lea and Flood 2014), one stream for each (seed, stream).
class Random {
public:
  Random(uint64_t seed, uint64_t stream) : state(seed) {
    state = next() ^ (stream * 0xD1B54A32D192ED03);
  }

  /// 64 random bits.
  uint64_t next() {
    state += 0x9E3779B97F4A7C15;
    uint64_t bits = state;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
    return bits ^ (bits >> 31);
  }

  /// A number in 0 … bound - 1.
  uint64_t nextBelow(uint64_t bound) { return next() % bound; }

  /// A number in (0, 1].
  double nextUnit() { return (next() >> 11) * 0x1p-53 + 0x1p-53; }

  /// A normal number of mean 0 and deviation 1 (Box and Muller).
  double nextNormal() {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    double radius = std::sqrt(-2 * std::log(nextUnit()));
    double angle = 6.283185307179586 * ((next() >> 11) * 0x1p-53);
    spare = radius * std::sin(angle);
    hasSpare = true;
    return radius * std::cos(angle);
  }

private:
  uint64_t state;
  double spare = 0;
  bool hasSpare = false;
};

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_RANDOM_H
