//===- AArch64.cpp - 64-bit Arm instruction sets --------------------------===//
//
// NEON has 32 registers of 128 bits: the 6 x 4 tile of AVX-512 fits.
//
//===----------------------------------------------------------------------===//

#include "Isa.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr IsaFacts kIsas[] = {
    {"neon", 128, 32, 6, 4, /*halfConversions=*/true}};

ArrayRef<IsaFacts> attn::getAArch64Isas() { return kIsas; }
