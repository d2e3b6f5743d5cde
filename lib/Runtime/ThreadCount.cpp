//===- ThreadCount.cpp - How many threads to use --------------------------===//
//
// Reads the affinity mask and ATTN_NUM_THREADS.
//
//===----------------------------------------------------------------------===//

#include "ThreadCount.h"
#include "ProcessHooks.h"

#include "attn-rt/abi.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <sched.h>
#include <unistd.h>

using namespace attn::rt;

/// What `defaultThreads` found out; 0 before.
static std::atomic<int64_t> knownDefault{0};

int64_t attn::rt::usableProcessors() {
  cpu_set_t mask;
  // This fails where the machine has more processors than the mask has bits.
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
    return std::max(CPU_COUNT(&mask), 1);
  return std::max<int64_t>(sysconf(_SC_NPROCESSORS_ONLN), 1);
}

/// The number that `text` writes in decimal digits, at most `maxThreads`; 0 if
/// it is no such number.
static int64_t parseThreads(const char *text) {
  int64_t threads = 0;
  for (const char *digit = text; *digit; ++digit) {
    if (*digit < '0' || *digit > '9')
      return 0;
    threads = std::min(threads * 10 + (*digit - '0'), maxThreads);
  }
  return threads;
}

int64_t attn::rt::defaultThreads() {
  int64_t threads = knownDefault.load(std::memory_order_relaxed);
  if (threads)
    return threads;
  installProcessHooks(); // one of which forgets what is found out here
  if (const char *text = std::getenv("ATTN_NUM_THREADS"))
    threads = parseThreads(text);
  if (threads == 0)
    threads = std::min(usableProcessors(), maxThreads);
  knownDefault.store(threads, std::memory_order_relaxed);
  return threads;
}

void attn::rt::forgetDefaultThreads() {
  knownDefault.store(0, std::memory_order_relaxed);
}

int64_t attn_rt_default_threads() { return defaultThreads(); }
