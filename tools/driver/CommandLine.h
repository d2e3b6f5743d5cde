//===- CommandLine.h - the options of a program ----------------*- C++ -*-===//
//
// Declares command lines of these programs. LLVM's parser is not used: the
// libraries register hundreds of options with it, whose names collide with
// ours, and it prints errors in more than one form.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_DRIVER_COMMANDLINE_H
#define ATTN_TOOLS_DRIVER_COMMANDLINE_H

#include "attn/Execution/Error.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>

namespace attn::driver {

/// Options by name, and one file.
class CommandLine {
public:
  /// `usage` is what follows the program's name; `overview` explains it.
  CommandLine(llvm::StringRef usage, llvm::StringRef overview)
      : usage(usage), overview(overview) {}

  /// Adds an option: `shown` is its form in the help ("--repeat=N"), from which
  /// its name is taken.
  void add(llvm::StringRef shown, llvm::StringRef help, std::string &value);
  /// The same for an option that may be given several times.
  void add(llvm::StringRef shown, llvm::StringRef help,
           std::vector<std::string> &values);
  /// The same for a number of at least `least`.
  void add(llvm::StringRef shown, llvm::StringRef help, int64_t &value,
           int64_t least);

  /// Reads `--name=value`, `--name value` and one file. Sets `isHelp` and stops
  /// at `--help`.
  llvm::Error parse(llvm::ArrayRef<const char *> arguments, std::string &file,
                    bool &isHelp);

  void printHelp(llvm::raw_ostream &os, llvm::StringRef program) const;

private:
  struct Option {
    llvm::StringRef shown, help;
    std::function<llvm::Error(llvm::StringRef)> take;
    llvm::StringRef getName() const;
  };
  llvm::StringRef usage, overview;
  llvm::SmallVector<Option, 12> options;
};

} // namespace attn::driver

#endif // ATTN_TOOLS_DRIVER_COMMANDLINE_H
