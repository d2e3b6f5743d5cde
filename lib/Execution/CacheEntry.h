//===- CacheEntry.h - a kernel in bytes ------------------------*- C++ -*-===//
//
// Declares what a cache keeps of a kernel, and its form in a file.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_CACHEENTRY_H
#define ATTN_LIB_EXECUTION_CACHEENTRY_H

#include "attn/Execution/Tensor.h"
#include "llvm/Support/Error.h"
#include <array>

namespace attn::exec {

/// What a kernel is asked for: a hash of all that its code depends on.
using CacheKey = std::array<uint8_t, 32>;

/// A compiled kernel, before it is linked into a process.
struct CacheEntry {
  Signature signature;
  llvm::SmallVector<std::string> messages;
  std::string isa, schedule, explanation;
  /// The object file.
  std::string object;
};

/// Most bytes of a file; kernels are below 1 MiB.
inline constexpr uint64_t kMaxEntryBytes = 64 << 20;

/// A file, in this order, integers little-endian:
///   "attnkrnl", version (8 bytes), key (32), size of the payload (8), payload,
///   SHA-256 of everything before (32).
std::string encode(const CacheEntry &entry, const CacheKey &key);

/// Reads a file for `key`. Nothing is trusted: whatever does not fit is an
/// error that says what.
llvm::Expected<CacheEntry> decode(llvm::StringRef file, const CacheKey &key);

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_CACHEENTRY_H
