//===- KernelCache.h - kernels of the process ------------------*- C++ -*-===//
//
// Declares the in-process cache: a kernel that is being compiled is waited for,
// never compiled twice.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_KERNELCACHE_H
#define ATTN_LIB_EXECUTION_KERNELCACHE_H

#include "attn/Execution/Kernel.h"
#include "llvm/ADT/StringMap.h"
#include <future>
#include <mutex>

namespace attn::exec {

/// Thread-safe map from a key to a kernel.
class KernelCache {
public:
  static KernelCache &get();

  /// The kernel of `key`; `compile` makes it if nobody has. Failures are told
  /// to everyone who waits and are not kept.
  llvm::Expected<std::shared_ptr<Kernel>>
  lookup(llvm::StringRef key,
         llvm::function_ref<llvm::Expected<std::shared_ptr<Kernel>>()> compile,
         bool &hit);

  ProcessStats getStats();

private:
  struct Outcome {
    std::shared_ptr<Kernel> kernel;
    ErrorKind kind = ErrorKind::Compile;
    std::string message;
    double milliseconds = 0;
  };

  std::mutex mutex;
  llvm::StringMap<std::shared_future<Outcome>> entries;
  ProcessStats stats;
};

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_KERNELCACHE_H
