//===- Driver.cpp - what the programs have in common ----------------------===//
//
// Implements command lines, files and errors of programs.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace attn::exec;

/// Prints a message as `error: …`. Diagnostics of the compiler have a place
/// before that word already.
static void printError(StringRef message) {
  message = message.rtrim();
  StringRef firstLine = message.split('\n').first;
  if (!firstLine.contains(": error: "))
    errs() << "error: ";
  errs() << message << '\n';
}

int attn::driver::runMain(int argc, char **argv, CommandLine &commandLine,
                          std::string &file, function_ref<llvm::Error()> work) {
  InitLLVM init(argc, argv);
  ArrayRef<const char *> arguments(argv, argc);
  bool isHelp = false;
  llvm::Error error = commandLine.parse(arguments.drop_front(), file, isHelp);
  if (!error && isHelp) {
    commandLine.printHelp(outs(), sys::path::filename(argv[0]));
    return 0;
  }
  if (!error)
    error = work();
  if (!error)
    return 0;
  handleAllErrors(std::move(error), [](const ErrorInfoBase &failure) {
    printError(failure.message());
  });
  return 1;
}

Expected<std::string> attn::driver::readText(StringRef path) {
  sys::fs::file_status status;
  if (path != "-") {
    if (std::error_code error = sys::fs::status(path, status))
      return makeError(ErrorKind::InvalidArgument, "cannot read '{0}': {1}",
                       path, error.message());
    if (status.type() != sys::fs::file_type::regular_file &&
        status.type() != sys::fs::file_type::fifo_file)
      return makeError(ErrorKind::InvalidArgument,
                       "cannot read '{0}': it is not a file", path);
  }
  auto buffer = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return makeError(ErrorKind::InvalidArgument, "cannot read '{0}': {1}", path,
                     buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

llvm::Error attn::driver::writeOutput(StringRef path,
                                      function_ref<void(raw_ostream &)> write) {
  llvm::Error error = writeToOutput(path, [&](raw_ostream &os) {
    write(os);
    return llvm::Error::success();
  });
  if (error)
    return makeError(ErrorKind::InvalidArgument, "cannot write {0}",
                     toString(std::move(error)));
  return llvm::Error::success();
}
