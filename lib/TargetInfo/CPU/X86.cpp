//===- X86.cpp - x86-64 instruction sets ----------------------------------===//
//
// Register tiles, measured on dense fp32 attention with lanes of queries. The
// micro-kernel holds the broadcasts of all rows and one vector of queries at a
// time beside its accumulators. AVX-512 has 32 registers: 6 x 4 takes 24 + 6 +
// 1; 8 x 3 is equal within noise, 5 x 5 and 4 x 6 are no better. AVX2 has 16,
// all taken by 3 x 4 (12 + 3 + 1); 4 x 3 needs 17, spills one accumulator a
// step and reaches half the speed. SSE2 is the 64-bit baseline and has no fused
// multiply-add.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr IsaFacts kIsas[] = {
    {"avx512", 512, 32, 6, 4, /*halfConversions=*/true},
    {"avx2", 256, 16, 3, 4, /*halfConversions=*/true},
    {"sse2", 128, 16, 3, 4, /*halfConversions=*/false},
};

ArrayRef<IsaFacts> attn::getX86Isas() { return kIsas; }

const IsaFacts &attn::selectX86Isa(const llvm::StringSet<> &features) {
  auto has = [&](std::initializer_list<StringRef> names) {
    return llvm::all_of(
        names, [&](StringRef name) { return features.contains(name); });
  };
  // Both imply avx512f, which LLVM's tables of CPUs do not always list, and are
  // there wherever these kernels pay.
  if (has({"avx512dq", "avx512vl"}))
    return kIsas[0];
  if (has({"avx2", "fma"}))
    return kIsas[1];
  return kIsas[2];
}
