//===- Launch.h - What the runtime knows of one launch --------------------===//
//
// The limits and counters of a launch, and which launch a thread works for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_LAUNCH_H
#define ATTN_RUNTIME_LAUNCH_H

#include <atomic>
#include <cstdint>

namespace attn::rt {

/// A launch of one host thread: what lies between `attn_rt_launch_begin` and
/// `attn_rt_launch_end`. All threads that work for it count in it.
struct Launch {
  int64_t threads = 1;               ///< threads that the launch may use
  std::atomic<int64_t> total{0};     ///< tiles of the dense grid
  std::atomic<int64_t> visited{0};   ///< tiles not proved empty by the mask
  std::atomic<int64_t> partial{0};   ///< visited tiles that evaluated the mask
  std::atomic<int64_t> liveBytes{0}; ///< workspace in use now
  std::atomic<int64_t> peakBytes{0}; ///< most workspace in use at one time
  std::atomic<int64_t> products{0};  ///< products by the matrix library
  std::atomic<bool> failed{false};   ///< whether workspace ran out
  std::atomic<int> amxRefused{0};    ///< why AMX may not be used, as errno
};

/// The launch that the calling thread works for; null outside of launches.
Launch *currentLaunch();

/// While it lives, the thread that made it works for a given launch.
class LaunchScope {
public:
  /// Makes the calling thread work for `launch` (null: for none).
  explicit LaunchScope(Launch *launch);
  ~LaunchScope();
  LaunchScope(const LaunchScope &) = delete;
  LaunchScope &operator=(const LaunchScope &) = delete;

private:
  Launch *previous;
};

} // namespace attn::rt

#endif // ATTN_RUNTIME_LAUNCH_H
