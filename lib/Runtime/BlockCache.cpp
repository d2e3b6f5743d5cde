//===- BlockCache.cpp - Memory blocks of a thread -------------------------===//
//
// Implements the per-thread cache of blocks.
//
//===----------------------------------------------------------------------===//

#include "BlockCache.h"

#include <atomic>
#include <cstdlib>
#include <pthread.h>
#include <utility>

using namespace attn::rt;

namespace {

/// The blocks that one thread keeps. Empty slots have no memory.
struct Cache {
  static constexpr size_t largestBlock = size_t(1) << 20;
  static constexpr unsigned slotCount = 8;
  Block slots[slotCount];
  unsigned oldest = 0;     ///< the slot that the next block replaces
  bool registered = false; ///< whether the end of the thread empties it
};

} // namespace

static thread_local Cache cache;

/// Has `emptyCache` called at the end of threads while the caches are open. A
/// C++ destructor would need the C++ library.
static pthread_key_t threadEnd;
static std::atomic<bool> cachesOpen{false};

/// Returns all blocks of a cache to the system.
static void emptyCache(void *argument) {
  Cache &emptied = *static_cast<Cache *>(argument);
  for (Block &slot : emptied.slots)
    free(std::exchange(slot, Block()).memory);
  emptied.registered = false;
}

/// Whether the blocks of this thread will be returned when it ends.
static bool registerCache() {
  if (!cachesOpen.load(std::memory_order_acquire))
    return false;
  if (!cache.registered)
    cache.registered = pthread_setspecific(threadEnd, &cache) == 0;
  return cache.registered;
}

Block attn::rt::acquireBlock(size_t size) {
  // The smallest block that is large enough, but none twice as large: what is
  // kept should be of the order of what is in use.
  Block *best = nullptr;
  for (Block &slot : cache.slots)
    if (slot.memory && slot.size >= size && slot.size / 2 <= size &&
        (!best || slot.size < best->size))
      best = &slot;
  if (best)
    return std::exchange(*best, Block());
  return {malloc(size), size};
}

void attn::rt::releaseBlock(Block block) {
  if (block.size > Cache::largestBlock || !registerCache()) {
    free(block.memory);
    return;
  }
  for (Block &slot : cache.slots)
    if (!slot.memory) {
      slot = block;
      return;
    }
  Block &slot = cache.slots[cache.oldest];
  cache.oldest = (cache.oldest + 1) % Cache::slotCount;
  free(std::exchange(slot, block).memory);
}

void attn::rt::openBlockCaches() {
  cachesOpen.store(pthread_key_create(&threadEnd, emptyCache) == 0,
                   std::memory_order_release);
}

void attn::rt::closeBlockCaches() {
  emptyCache(&cache);
  if (cachesOpen.exchange(false))
    pthread_key_delete(threadEnd);
}
