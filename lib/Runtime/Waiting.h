//===- Waiting.h - Spinning and sleeping on a 32-bit word -----------------===//
//
// The two ways in which a thread of the runtime waits for another one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_WAITING_H
#define ATTN_RUNTIME_WAITING_H

#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace attn::rt {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t),
              "the kernel reads the atomic as a plain word");

/// Sleeps while `word` holds `expected`; may also return without a reason.
inline void sleepWhile(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

/// Wakes every thread that sleeps on `word`.
inline void wakeSleepers(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

/// Tells the processor that the thread spins.
inline void relaxProcessor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Nanoseconds of the monotonic clock.
inline int64_t monotonicNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

/// Spins until `done()` or until `nanoseconds` are over; returns `done()`. The
/// limit is a time because one pause takes 10 cycles here and 140 there.
template <typename Predicate>
bool spinUntil(Predicate done, int64_t nanoseconds) {
  if (done())
    return true;
  if (nanoseconds == 0)
    return false;
  int64_t start = monotonicNanoseconds();
  do {
    for (int pause = 0; pause < 16; ++pause) {
      relaxProcessor();
      if (done())
        return true;
    }
  } while (monotonicNanoseconds() - start < nanoseconds);
  return false;
}

} // namespace attn::rt

#endif // ATTN_RUNTIME_WAITING_H
