//===- Driver.h - what the programs have in common -------------*- C++ -*-===//
//
// Declares how a program reads its command line and its text, and how it says
// what went wrong.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_DRIVER_DRIVER_H
#define ATTN_TOOLS_DRIVER_DRIVER_H

#include "CommandLine.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace attn::driver {

/// Reads the command line, then does `work`; the exit status. Errors of both
/// are printed to stderr as `error: …`.
int runMain(int argc, char **argv, CommandLine &commandLine, std::string &file,
            llvm::function_ref<llvm::Error()> work);

/// The text of a file, or of stdin for "-". A device is refused: it may never
/// end.
llvm::Expected<std::string> readText(llvm::StringRef path);

/// Writes a file, or stdout for "-". A file is written completely or not left
/// behind.
llvm::Error writeOutput(llvm::StringRef path,
                        llvm::function_ref<void(llvm::raw_ostream &)> write);

} // namespace attn::driver

#endif // ATTN_TOOLS_DRIVER_DRIVER_H
