//===- KernelCache.cpp - kernels of the process ---------------------------===//
//
// Implements the cache with a future an entry.
//
//===----------------------------------------------------------------------===//

#include "KernelCache.h"
#include <chrono>

using namespace ::attn::exec;

KernelCache &KernelCache::get() {
  // Never destroyed: threads of the host may still run kernels at exit.
  static auto *cache = new KernelCache();
  return *cache;
}

llvm::Expected<std::shared_ptr<Kernel>> KernelCache::lookup(
    llvm::StringRef key,
    llvm::function_ref<llvm::Expected<std::shared_ptr<Kernel>>()> compile,
    bool &hit) {
  std::promise<Outcome> promise;
  std::shared_future<Outcome> future;
  {
    std::lock_guard<std::mutex> lock(mutex);
    auto [entry, inserted] = entries.try_emplace(key);
    if (inserted)
      entry->second = promise.get_future().share();
    future = entry->second;
    hit = !inserted;
  }
  if (!hit) {
    Outcome outcome;
    auto start = std::chrono::steady_clock::now();
    llvm::Expected<std::shared_ptr<Kernel>> kernel = compile();
    outcome.milliseconds = std::chrono::duration<double, std::milli>(
                               std::chrono::steady_clock::now() - start)
                               .count();
    if (kernel)
      outcome.kernel = *kernel;
    else
      llvm::handleAllErrors(
          kernel.takeError(),
          [&](const Error &error) {
            outcome.kind = error.getKind();
            outcome.message = error.getMessage();
          },
          [&](const llvm::ErrorInfoBase &error) {
            outcome.message = error.message();
          });
    std::lock_guard<std::mutex> lock(mutex);
    if (outcome.kernel) {
      const DiskOutcome &disk = outcome.kernel->getDiskOutcome();
      ++(disk.hit ? stats.diskHits : stats.kernelsCompiled);
      stats.diskRejected += !disk.rejected.empty();
      stats.diskFailures += !disk.failed.empty();
      stats.compileMs += outcome.milliseconds;
    } else {
      entries.erase(key);
    }
    promise.set_value(std::move(outcome));
  }
  const Outcome &outcome = future.get();
  if (!outcome.kernel)
    return llvm::make_error<Error>(outcome.kind, outcome.message);
  if (hit) {
    std::lock_guard<std::mutex> lock(mutex);
    ++stats.cacheHits;
  }
  return outcome.kernel;
}

ProcessStats KernelCache::getStats() {
  std::lock_guard<std::mutex> lock(mutex);
  return stats;
}
