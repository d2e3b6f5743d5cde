//===- DiskCache.h - kernels on disk ---------------------------*- C++ -*-===//
//
// Declares the cache that outlives the process: a directory of files that only
// their owner can write.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_DISKCACHE_H
#define ATTN_LIB_EXECUTION_DISKCACHE_H

#include "CacheEntry.h"
#include "attn/Execution/Kernel.h"
#include <optional>

namespace attn::exec {

/// The key of a kernel: a hash of the text, the entry, the facts of the target
/// and of the host, and the build of the compiler. None if there is no such
/// target, or if the build has no identity.
std::optional<CacheKey> computeCacheKey(llvm::StringRef text,
                                        const KernelOptions &options);

/// Bytes of files that a directory may hold. More are removed, those first that
/// were not used for the longest time.
inline constexpr uint64_t kMaxCacheBytes = 512 << 20;

/// One kernel's place in the cache: where it is looked for, and left. Nothing
/// here fails; what goes wrong is told by `getOutcome`, and the kernel is
/// compiled.
///
/// A hash tells damage, not who wrote a file. So the directory and the files
/// must belong to the user of the process, no one else may write them, and
/// neither may be a link; all is opened relative to the directory that was
/// checked. Files appear complete, by renaming, so that any number of threads
/// and processes may read and write at once.
class DiskCache {
public:
  /// Opens the directory that ATTN_CACHE_DIR names (by default
  /// $XDG_CACHE_HOME/attn, else $HOME/.cache/attn), and makes it if needed.
  DiskCache(llvm::StringRef text, const KernelOptions &options);
  ~DiskCache();
  DiskCache(const DiskCache &) = delete;
  DiskCache &operator=(const DiskCache &) = delete;

  /// The entry, if there is one that can be trusted.
  std::optional<CacheEntry> load();
  /// Says that the entry that was loaded cannot be linked.
  void reject(const std::string &why);
  /// Writes the entry, in place of a bad one.
  void store(const CacheEntry &entry);

  DiskOutcome getOutcome() const { return outcome; }

private:
  /// Opens and checks the directory, and computes the key.
  void open(llvm::StringRef text, const KernelOptions &options);
  /// Removes what was not used for the longest time, and what writers that died
  /// have left.
  void shrink();
  /// Says why the kernel is not kept.
  void fail(const std::string &why);

  /// The directory, or -1.
  int directory = -1;
  CacheKey key;
  /// The name of the entry's file.
  std::string name;
  DiskOutcome outcome;
};

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_DISKCACHE_H
