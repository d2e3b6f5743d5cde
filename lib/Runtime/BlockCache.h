//===- BlockCache.h - Memory blocks of a thread ---------------------------===//
//
// Keeps a few freed blocks of each thread, because the tasks of a grid ask for
// the same sizes again and again.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_BLOCKCACHE_H
#define ATTN_RUNTIME_BLOCKCACHE_H

#include <cstddef>

namespace attn::rt {

/// Memory of the C library, of `size` bytes.
struct Block {
  void *memory = nullptr;
  size_t size = 0;
};

/// A block of at least `size` bytes, from the cache of the calling thread or
/// new; without memory if the system has none.
Block acquireBlock(size_t size);

/// Gives a block up: to the cache of the calling thread, else to the system. A
/// thread keeps at most 8 blocks of at most 32 MiB each and 64 MiB in all,
/// until it ends.
void releaseBlock(Block block);

/// Lets threads keep blocks; before, all go to the system.
void openBlockCaches();

/// Empties the cache of the calling thread and lets no thread keep more.
void closeBlockCaches();

} // namespace attn::rt

#endif // ATTN_RUNTIME_BLOCKCACHE_H
