//===- Kernel.h - compiled kernels -----------------------------*- C++ -*-===//
//
// Declares the JIT: kernels compiled from text, cached in the process, run on
// memory that the host owns.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_EXECUTION_KERNEL_H
#define ATTN_EXECUTION_KERNEL_H

#include "attn-rt/abi.h"
#include "attn/Execution/Compiler.h"
#include "attn/Execution/Error.h"
#include "attn/Execution/Tensor.h"
#include <atomic>
#include <memory>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace attn::exec {

class DiskCache;
struct CacheEntry;

/// What to compile, for what.
struct KernelOptions {
  /// The public function; empty where the module has only one.
  std::string entry;
  /// "host", or the name of a CPU whose code this process can run.
  std::string target = "host";
  /// "reassoc", or "strict" for products in the order that they are written in.
  std::string fp = "reassoc";
  /// Compile the f64 oracle instead.
  bool reference = false;
  /// What diagnostics call the text.
  std::string name = "<input>";
};

/// Counters of the process.
struct ProcessStats {
  int64_t kernelsCompiled = 0, cacheHits = 0;
  /// Kernels found on disk; files found there that were bad; kernels that could
  /// not be kept there.
  int64_t diskHits = 0, diskRejected = 0, diskFailures = 0;
  double compileMs = 0;
};

/// What the cache on disk did for a kernel.
struct DiskOutcome {
  bool hit = false;
  /// Why the file found was not used, if one was and it was bad.
  std::string rejected;
  /// Why the kernel could not be kept, if the cache is on and it was not.
  std::string failed;
};

/// What one run did.
struct RunCounters : attn_rt_counters {
  int64_t library_products = 0; ///< products by the matrix library
};

/// A compiled function of tensors. Immutable; any number of threads may run it.
class Kernel {
public:
  /// Compiles `text`, or finds the same (text, options) in the cache of the
  /// process or on disk; concurrent requests for one kernel compile it once.
  static llvm::Expected<std::shared_ptr<Kernel>>
  get(llvm::StringRef text, const KernelOptions &options = {});
  /// The same for a file.
  static llvm::Expected<std::shared_ptr<Kernel>>
  getFile(llvm::StringRef path, const KernelOptions &options = {});

  const Signature &getSignature() const { return signature; }
  const DiskOutcome &getDiskOutcome() const { return disk; }

  /// Checks the inputs and gives the types of the results.
  llvm::Expected<llvm::SmallVector<TensorType, 2>>
  inferResults(llvm::ArrayRef<TensorView> inputs) const;

  /// Runs on at most `threads` threads (0: the default). Results must have the
  /// inferred types, and memory of their own but for those that share that of
  /// an input.
  llvm::Expected<RunCounters> run(llvm::ArrayRef<TensorView> inputs,
                                  llvm::ArrayRef<TensorView> results,
                                  int64_t threads = 0) const;

  /// A stage's name, "llvm", "asm", "explain" or "stats" (JSON).
  llvm::Expected<std::string> describe(llvm::StringRef what) const;
  /// Writes a shared library with the entry points of `attn-compile`.
  llvm::Error save(llvm::StringRef path) const;

  static ProcessStats getProcessStats();
  ~Kernel();

private:
  Kernel();
  static llvm::Expected<std::shared_ptr<Kernel>>
  make(llvm::StringRef text, const KernelOptions &options);
  llvm::Error compile(DiskCache &cache);
  void take(const CacheEntry &entry);
  llvm::Error link(llvm::StringRef object);
  llvm::Error checkInputs(llvm::ArrayRef<TensorView> inputs) const;

  using Entry = void (*)(void **);

  std::string text;
  KernelOptions options;
  Signature signature;
  llvm::SmallVector<std::string> messages;
  std::string isa, schedule, explanation;
  DiskOutcome disk;
  CompileTimes times;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry kernel = nullptr, shapes = nullptr;
  mutable std::atomic<int64_t> hits{0};
};

} // namespace attn::exec

#endif // ATTN_EXECUTION_KERNEL_H
