//===- HalfConversions.h - f16 where no instruction has it -----*- C++ -*-===//
//
// Declares the routines that code for machines without F16C calls. Compilers
// keep them in their support libraries, which a process need not export.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_HALFCONVERSIONS_H
#define ATTN_LIB_EXECUTION_HALFCONVERSIONS_H

#include <cstdint>

namespace attn::exec {

/// The f32 nearest to an f16 (exact), and the f16 nearest to an f32 (ties to
/// even), as bits.
uint32_t extendHalf(uint16_t bits);
uint16_t truncateToHalf(uint32_t bits);

#if defined(__x86_64__)
/// The same with the calling convention of code that LLVM emits: halves travel
/// in vector registers.
_Float16 truncateFloatToHalf(float value);
float extendHalfToFloat(_Float16 value);
#endif

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_HALFCONVERSIONS_H
