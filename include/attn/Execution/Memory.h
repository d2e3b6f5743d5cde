//===- Memory.h - memory for results ---------------------------*- C++ -*-===//
//
// Declares memory that a host may put results into, and that is used again.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_MEMORY_H
#define ATTN_EXECUTION_MEMORY_H

#include <cstdint>

namespace attn::exec {

/// At least `bytes` bytes, uninitialised, at a multiple of 64; null if the
/// system has none.
void *allocateResult(uint64_t bytes);

/// Frees memory of `allocateResult`, on any thread, which keeps some of it for
/// the next; null is ignored.
void freeResult(void *memory);

} // namespace attn::exec

#endif // ATTN_EXECUTION_MEMORY_H
