//===- Plugin.cpp - A library that carries the runtime --------------------===//
//
// Stands for a saved kernel: a shared library with the runtime linked in.
//
//===----------------------------------------------------------------------===//

#include "attn-rt/abi.h"

#include <atomic>

/// Runs a grid on two threads that cannot end without each other, allocating in
/// each cell; returns the workspace left alive.
extern "C" int64_t runPlugin() {
  static std::atomic<int> arrived;
  arrived = 0;
  attn_rt_launch_begin(2);
  attn_rt_parallel_for(
      2,
      [](void *, int64_t, int64_t) {
        void *block = attn_rt_alloc(1000, 64);
        for (++arrived; arrived < 2;)
          ;
        attn_rt_free(block);
      },
      nullptr);
  attn_rt_launch_end(nullptr);
  return attn_rt_live_bytes();
}
