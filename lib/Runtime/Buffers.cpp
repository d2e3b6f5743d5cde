//===- Buffers.cpp - Workspace of kernels ---------------------------------===//
//
// Implements attn_rt_alloc and attn_rt_free: aligned blocks that are counted
// for the launch and for the process; and the same uncounted, for results.
//
//===----------------------------------------------------------------------===//

#include "Buffers.h"
#include "BlockCache.h"
#include "Launch.h"

#include "attn-rt/abi.h"

#include <algorithm>
#include <atomic>
#include <cassert>

using namespace attn::rt;

namespace {

/// Stands right before the bytes that a kernel gets.
struct Header {
  Block block;    ///< what the bytes lie in
  uint64_t bytes; ///< how many were asked for, which is what is counted
};

} // namespace

/// Bytes in use by all threads of the process.
static std::atomic<int64_t> processBytes{0};

/// Counts `bytes` more (or, if negative, fewer) as in use.
static void countBytes(int64_t bytes) {
  processBytes.fetch_add(bytes, std::memory_order_relaxed);
  Launch *launch = currentLaunch();
  if (!launch)
    return;
  int64_t live =
      launch->liveBytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t peak = launch->peakBytes.load(std::memory_order_relaxed);
  while (live > peak && !launch->peakBytes.compare_exchange_weak(
                            peak, live, std::memory_order_relaxed))
    ;
}

/// A block with room for `bytes` aligned bytes and their header; none if that
/// is more than there can be.
static Block acquireFor(uint64_t bytes, uint64_t alignment) {
  uint64_t size;
  if (__builtin_add_overflow(bytes, alignment + sizeof(Header), &size) ||
      size > PTRDIFF_MAX)
    return Block();
  return acquireBlock(size);
}

/// Aligned bytes behind their header; null if the system has none.
static void *allocate(uint64_t bytes, uint64_t alignment) {
  Block block = acquireFor(bytes, alignment);
  if (!block.memory)
    return nullptr;
  uintptr_t first = reinterpret_cast<uintptr_t>(block.memory) + sizeof(Header);
  uintptr_t aligned = (first + alignment - 1) & ~(alignment - 1);
  reinterpret_cast<Header *>(aligned)[-1] = {block, bytes};
  return reinterpret_cast<void *>(aligned);
}

void *attn_rt_alloc(uint64_t bytes, uint64_t alignment) {
  assert(alignment && (alignment & (alignment - 1)) == 0 &&
         "an alignment is a power of two");
  void *memory =
      allocate(bytes, std::max<uint64_t>(alignment, alignof(Header)));
  if (memory)
    countBytes(bytes);
  else if (Launch *launch = currentLaunch())
    launch->failed.store(true, std::memory_order_relaxed);
  return memory;
}

void attn_rt_free(void *pointer) {
  if (!pointer)
    return;
  Header header = static_cast<Header *>(pointer)[-1];
  countBytes(-static_cast<int64_t>(header.bytes));
  releaseBlock(header.block);
}

void *attn_rt_result_alloc(uint64_t bytes) { return allocate(bytes, 64); }

void attn_rt_result_free(void *pointer) {
  if (pointer)
    releaseBlock(static_cast<Header *>(pointer)[-1].block);
}

int64_t attn_rt_live_bytes() {
  return processBytes.load(std::memory_order_relaxed);
}

void attn::rt::recountLiveBytes() {
  Launch *launch = currentLaunch();
  processBytes.store(launch ? launch->liveBytes.load() : 0,
                     std::memory_order_relaxed);
}
