//===- DiskCache.cpp - kernels on disk ------------------------------------===//
//
// Implements the directory of kernels: whom it trusts, how files appear in it,
// and what is removed.
//
//===----------------------------------------------------------------------===//

#include "DiskCache.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ::attn::exec;
using llvm::StringRef;

static constexpr llvm::StringLiteral kSuffix = ".kernel";
/// Files that are being written.
static constexpr llvm::StringLiteral kTemporary = ".tmp";
/// A writer takes milliseconds; what is older was left by one that died.
static constexpr time_t kTemporarySeconds = 3600;

/// Where kernels are; empty if the cache is off.
static std::string getDirectory() {
  using llvm::sys::Process;
  if (std::optional<std::string> path = Process::GetEnv("ATTN_CACHE_DIR"))
    return *path;
  llvm::SmallString<128> path;
  std::optional<std::string> base = Process::GetEnv("XDG_CACHE_HOME");
  // The specification of these folders ignores relative ones.
  if (base && llvm::sys::path::is_absolute(*base)) {
    path = *base;
  } else {
    base = Process::GetEnv("HOME");
    if (!base || !llvm::sys::path::is_absolute(*base))
      return "";
    path = *base;
    llvm::sys::path::append(path, ".cache");
  }
  llvm::sys::path::append(path, "attn");
  return path.str().str();
}

/// Why what `status` describes is not to be trusted, or null.
static const char *findFault(const struct stat &status) {
  if (status.st_uid != geteuid())
    return "belongs to another user";
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    return "is writable by others than its owner";
  return nullptr;
}

DiskCache::DiskCache(StringRef text, const KernelOptions &options) {
  open(text, options);
}

void DiskCache::open(StringRef text, const KernelOptions &options) {
  std::string path = getDirectory();
  if (path.empty())
    return;
  // Behind a slash, a link would be followed.
  path.resize(std::max<size_t>(StringRef(path).rtrim('/').size(), 1));
  if (std::error_code error = llvm::sys::fs::create_directories(
          path, /*IgnoreExisting=*/true, llvm::sys::fs::owner_all))
    return fail("the directory cannot be made: " + error.message());
  int opened =
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0)
    return fail(std::string("the directory cannot be opened: ") +
                std::strerror(errno));
  llvm::scope_exit close([&] { ::close(opened); });
  struct stat status;
  if (fstat(opened, &status) != 0)
    return fail(std::string("the directory cannot be read: ") +
                std::strerror(errno));
  if (const char *fault = findFault(status))
    return fail(std::string("the directory ") + fault);
  std::optional<CacheKey> found = computeCacheKey(text, options);
  if (!found)
    return fail("this build of the compiler has no build id");
  key = *found;
  name = llvm::toHex(key, /*LowerCase=*/true) + kSuffix.str();
  directory = opened;
  close.release();
}

DiskCache::~DiskCache() {
  if (directory >= 0)
    ::close(directory);
}

void DiskCache::fail(const std::string &why) { outcome.failed = why; }

void DiskCache::reject(const std::string &why) {
  outcome.hit = false;
  outcome.rejected = why;
}

std::optional<CacheEntry> DiskCache::load() {
  if (directory < 0)
    return std::nullopt;
  // Not to wait, should it be a pipe.
  int file = openat(directory, name.c_str(),
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    if (errno == ELOOP)
      reject("it is a link");
    else if (errno != ENOENT)
      reject(std::strerror(errno));
    return std::nullopt;
  }
  llvm::scope_exit close([&] { ::close(file); });
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    reject("it is no regular file");
    return std::nullopt;
  }
  if (const char *fault = findFault(status)) {
    reject(std::string("it ") + fault);
    return std::nullopt;
  }
  if (status.st_size < 0 || uint64_t(status.st_size) > kMaxEntryBytes) {
    reject("it is too large");
    return std::nullopt;
  }
  // Read, not mapped: a file that shrinks must not be a fault of the process.
  std::string bytes(status.st_size, '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    ssize_t got = read(file, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    have += got;
  }
  bytes.resize(have);
  llvm::Expected<CacheEntry> entry = decode(bytes, key);
  if (!entry) {
    reject(llvm::toString(entry.takeError()));
    return std::nullopt;
  }
  // The time of the last use. Where it cannot be set, files leave by age.
  (void)futimens(file, nullptr);
  outcome.hit = true;
  return std::move(*entry);
}

namespace {

/// Makes a limit on the size of files an error of `write` in this thread, not
/// the end of the process.
class WithoutSizeSignal {
public:
  WithoutSizeSignal() {
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &limit, &before);
  }
  ~WithoutSizeSignal() {
    if (sigismember(&before, SIGXFSZ))
      return;
    timespec now = {0, 0};
    sigtimedwait(&limit, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

private:
  sigset_t limit, before;
};

} // namespace

/// Writes all of `bytes`, to the disk itself.
static bool writeAll(int file, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t put = write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    bytes = bytes.drop_front(put);
  }
  return fsync(file) == 0;
}

void DiskCache::store(const CacheEntry &entry) {
  if (directory < 0)
    return;
  std::string bytes = encode(entry, key);
  if (bytes.size() > kMaxEntryBytes)
    return fail("the kernel is too large");
  std::array<uint8_t, 8> number;
  if (getentropy(number.data(), number.size()) != 0)
    return fail("no random name for the file");
  std::string temporary =
      "." + name + "." + llvm::toHex(number) + kTemporary.str();
  int file = openat(directory, temporary.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return fail(std::string("the file cannot be made: ") +
                std::strerror(errno));
  bool written;
  int error;
  {
    WithoutSizeSignal guard;
    written = writeAll(file, bytes);
    error = errno;
  }
  // Some file systems tell only here that the disk is full.
  if (::close(file) != 0 && written) {
    written = false;
    error = errno;
  }
  if (written &&
      renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) {
    written = false;
    error = errno;
  }
  if (!written) {
    unlinkat(directory, temporary.c_str(), 0);
    return fail(std::string("the file cannot be written: ") +
                std::strerror(error));
  }
  shrink();
}

void DiskCache::shrink() {
  int opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0)
    return;
  DIR *listing = fdopendir(opened);
  if (!listing) {
    ::close(opened);
    return;
  }
  llvm::scope_exit close([&] { closedir(listing); });
  struct File {
    timespec used;
    uint64_t size;
    std::string name;
  };
  std::vector<File> files;
  uint64_t total = 0;
  time_t now = time(nullptr);
  // Files of other names are not ours.
  while (const dirent *item = readdir(listing)) {
    StringRef name = item->d_name;
    bool temporary = name.starts_with(".") && name.ends_with(kTemporary);
    if (!temporary && !name.ends_with(kSuffix))
      continue;
    struct stat status;
    if (fstatat(directory, item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode))
      continue;
    if (temporary) {
      if (status.st_mtim.tv_sec < now - kTemporarySeconds)
        unlinkat(directory, item->d_name, 0);
      continue;
    }
    files.push_back({status.st_mtim, uint64_t(status.st_size), name.str()});
    total += status.st_size;
  }
  llvm::sort(files, [](const File &a, const File &b) {
    return std::tie(a.used.tv_sec, a.used.tv_nsec) <
           std::tie(b.used.tv_sec, b.used.tv_nsec);
  });
  for (const File &file : files) {
    if (total <= kMaxCacheBytes)
      break;
    if (unlinkat(directory, file.name.c_str(), 0) == 0)
      total -= file.size;
  }
}
