//===- X86.cpp - x86-64 instruction sets ----------------------------------===//
//
// Register tiles, measured on dense fp32 attention with lanes of queries:
// AVX-512 has 32 registers, of which a 6 x 4 tile takes 24 accumulators, 4
// queries and one broadcast; 8 x 3 is equal within noise, 5 x 5 and 4 x 6 are
// no better. AVX2 has 16, all taken by 4 x 3 (12 + 3 + 1); 6 x 2 is equal at
// width 64 and worse at 128. SSE2 is the 64-bit baseline.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr IsaFacts kIsas[] = {
    {"avx512", 512, 32, 6, 4},
    {"avx2", 256, 16, 4, 3},
    {"sse2", 128, 16, 4, 3},
};

ArrayRef<IsaFacts> attn::getX86Isas() { return kIsas; }

const IsaFacts &attn::selectX86Isa(const llvm::StringSet<> &features) {
  auto has = [&](std::initializer_list<StringRef> names) {
    return llvm::all_of(names,
                        [&](StringRef name) { return features.contains(name); });
  };
  // Both imply avx512f, which LLVM's tables of CPUs do not always list, and are
  // there wherever these kernels pay.
  if (has({"avx512dq", "avx512vl"}))
    return kIsas[0];
  if (has({"avx2", "fma"}))
    return kIsas[1];
  return kIsas[2];
}
