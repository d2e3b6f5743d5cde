//===- BlockCache.cpp - Memory blocks of a thread -------------------------===//
//
// Implements the per-thread cache of blocks.
//
//===----------------------------------------------------------------------===//

#include "BlockCache.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <pthread.h>
#include <sys/mman.h>
#include <utility>

using namespace attn::rt;

namespace {

/// The blocks that one thread keeps. Empty slots have no memory.
struct Cache {
  /// What the C library itself keeps at most of one block
  /// (DEFAULT_MMAP_THRESHOLD_MAX of glibc), and two of these: rotated queries
  /// and keys. What is not kept is paid for by page faults at every launch.
  static constexpr size_t largestBlock = size_t(32) << 20;
  static constexpr size_t mostBytes = 2 * largestBlock;
  static constexpr unsigned slotCount = 8;
  Block slots[slotCount];
  size_t bytes = 0;        ///< in all slots
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
  emptied.bytes = 0;
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

/// Memory of the C library. Large blocks ask for large pages: a page of 4 KiB
/// costs a fault, which takes as long as writing the page several times.
static void *allocate(size_t size) {
  constexpr size_t largePage = size_t(2) << 20;
  if (size < 2 * largePage)
    return malloc(size);
  void *memory = nullptr;
  if (posix_memalign(&memory, largePage, size) != 0)
    return nullptr;
  // A request, which the system may refuse without harm.
  (void)madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

Block attn::rt::acquireBlock(size_t size) {
  // The smallest block that is large enough, but none twice as large: what is
  // kept should be of the order of what is in use.
  Block *best = nullptr;
  for (Block &slot : cache.slots)
    if (slot.memory && slot.size >= size && slot.size / 2 <= size &&
        (!best || slot.size < best->size))
      best = &slot;
  if (best) {
    cache.bytes -= best->size;
    return std::exchange(*best, Block());
  }
  return {allocate(size), size};
}

void attn::rt::releaseBlock(Block block) {
  if (block.size > Cache::largestBlock || !registerCache()) {
    free(block.memory);
    return;
  }
  // The oldest slot is the first to be given up and the next to be filled.
  Block *slot = std::find_if(std::begin(cache.slots), std::end(cache.slots),
                             [](const Block &slot) { return !slot.memory; });
  while (slot == std::end(cache.slots) ||
         cache.bytes + block.size > Cache::mostBytes) {
    slot = &cache.slots[cache.oldest];
    cache.oldest = (cache.oldest + 1) % Cache::slotCount;
    cache.bytes -= slot->size;
    free(std::exchange(*slot, Block()).memory);
  }
  *slot = block;
  cache.bytes += block.size;
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
