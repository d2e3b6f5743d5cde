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
#include "llvm/ADT/StringSwitch.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr IsaFacts kIsas[] = {
    {"avx512", 512, 32, 6, 4, /*halfConversions=*/true},
    {"avx2", 256, 16, 3, 4, /*halfConversions=*/true},
    {"sse2", 128, 16, 3, 4, /*halfConversions=*/false},
};

/// Intel's second cache asks for lines ahead by itself, and what is asked for
/// further on waits for room in the first: measured on a Xeon with AMX
/// (docs/Rationale/RowForm.md). AMD's Zen 5 needs the default.
static constexpr int64_t kAheadOnIntel = 3072;

int64_t attn::getX86Ahead(StringRef cpu) {
  return llvm::StringSwitch<int64_t>(cpu)
      .Cases({"sapphirerapids", "emeraldrapids", "graniterapids",
              "graniterapids-d"},
             kAheadOnIntel)
      .Default(kDefaultAhead);
}

int64_t attn::getHostX86Ahead() {
  // Not by name: virtual machines report models that do not exist.
  namespace x86 = llvm::sys::detail::x86;
  return x86::getVendorSignature() == x86::VendorSignatures::GENUINE_INTEL
             ? kAheadOnIntel
             : kDefaultAhead;
}

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
