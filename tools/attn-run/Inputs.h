//===- Inputs.h - what a kernel is run on ----------------------*- C++ -*-===//
//
// Declares where inputs come from: files, or numbers that depend on nothing but
// the seed.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_INPUTS_H
#define ATTN_TOOLS_ATTN_RUN_INPUTS_H

#include "KernelFacts.h"
#include "attn/Execution/Error.h"
#include "attn/Execution/Npy.h"

namespace attn::run {

/// What the command line says about inputs.
struct InputSettings {
  std::vector<std::string> files, dims, values;
  int64_t seed = 0;
};

/// Where an input came from.
struct Input {
  exec::NpyTensor tensor;
  std::string origin;
};

/// The inputs of a kernel: the files if there are any, else made up.
llvm::Expected<llvm::SmallVector<Input>>
makeInputs(const exec::Signature &signature, const KernelFacts &facts,
           const InputSettings &settings);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_INPUTS_H
