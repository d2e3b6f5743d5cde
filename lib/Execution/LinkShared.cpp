//===- LinkShared.cpp - shared libraries of kernels -----------------------===//
//
// Links an object with the runtime through the system's C compiler, the one
// thing that knows how to link on a machine.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Compiler.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace ::attn::exec;

llvm::Error attn::exec::linkShared(const llvm::MemoryBuffer &object,
                                   llvm::StringRef path) {
  llvm::ErrorOr<std::string> compiler = llvm::sys::findProgramByName("cc");
  if (!compiler)
    compiler = llvm::sys::findProgramByName("clang-22");
  if (!compiler)
    return makeError(ErrorKind::Unsupported,
                     "no C compiler to link with, expected cc or clang-22 on "
                     "PATH");
  int descriptor;
  llvm::SmallString<128> file;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("attn", "o", descriptor, file))
    return makeError(ErrorKind::InvalidArgument,
                     "cannot make a temporary file: {0}", error.message());
  llvm::scope_exit remove([&] { llvm::sys::fs::remove(file); });
  {
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << object.getBuffer();
    stream.flush();
    if (stream.has_error()) {
      std::string message = stream.error().message();
      stream.clear_error();
      return makeError(ErrorKind::InvalidArgument, "cannot write {0}: {1}",
                       file.str(), message);
    }
  }
  // What the linker says belongs to the error, not on the host's stderr.
  llvm::SmallString<128> log;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("attn", "log", log))
    return makeError(ErrorKind::InvalidArgument,
                     "cannot make a temporary file: {0}", error.message());
  llvm::scope_exit removeLog([&] { llvm::sys::fs::remove(log); });
  llvm::StringRef arguments[] = {*compiler, "-shared",  "-o",
                                 path,      file,       ATTN_RT_LIBRARY,
                                 "-lm",     "-lpthread"};
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), log, log};
  std::string message;
  if (int status = llvm::sys::ExecuteAndWait(*compiler, arguments, std::nullopt,
                                             redirects, 0, 0, &message)) {
    if (auto said = llvm::MemoryBuffer::getFile(log))
      message += (*said)->getBuffer().rtrim();
    return makeError(ErrorKind::InvalidArgument,
                     "linking '{0}' failed with status {1}: {2}", path, status,
                     message);
  }
  return llvm::Error::success();
}
