//===- Amx.cpp - The permission to use AMX --------------------------------===//
//
// Asks Linux for the tile registers, whose 8 KiB it saves only for processes
// that ask. A permission holds for all threads of a process and its forks.
//
//===----------------------------------------------------------------------===//

#include "Launch.h"

#include "attn-rt/abi.h"

#include <cerrno>
#include <sys/syscall.h>
#include <unistd.h>

using namespace attn::rt;

#if defined(__x86_64__)
/// arch_prctl's request for a state component, and the number of the tiles'
/// (asm/prctl.h; components as XCR0 numbers them). Older headers lack both.
static constexpr int requestComponent = 0x1023, tileData = 18;

/// Asks the system; 0, or why not.
static int requestTiles() {
  return syscall(SYS_arch_prctl, requestComponent, tileData) == 0 ? 0 : errno;
}
#else
static int requestTiles() { return ENOTSUP; }
#endif

int32_t attn_rt_request_amx() {
  // Threads that come here at the same time get the same answer.
  static std::atomic<int> known{-1};
  int refusal = known.load(std::memory_order_relaxed);
  if (refusal < 0) {
    refusal = requestTiles();
    known.store(refusal, std::memory_order_relaxed);
  }
  if (refusal == 0)
    return 1;
  if (Launch *launch = currentLaunch())
    launch->amxRefused.store(refusal, std::memory_order_relaxed);
  return 0;
}
