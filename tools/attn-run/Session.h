//===- Session.h - one call of attn-run ------------------------*- C++ -*-===//
//
// Declares what the program does with its command line.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_SESSION_H
#define ATTN_TOOLS_ATTN_RUN_SESSION_H

#include "Inputs.h"
#include "attn/Execution/Kernel.h"

namespace attn::run {

/// The command line.
struct Settings {
  std::string file;
  exec::KernelOptions kernel;
  InputSettings inputs;
  std::vector<std::string> outputs;
  int64_t threads = 0, repeat = 1;
  /// "", or "reference".
  std::string compare;
  /// "", a path, or "-".
  std::string stats;
};

/// Compiles, runs, compares and reports.
llvm::Error runSession(const Settings &settings);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_SESSION_H
