//===- Loader.h - object files into the process ----------------*- C++ -*-===//
//
// Declares the step from an object file to code that can be called.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_LOADER_H
#define ATTN_LIB_EXECUTION_LOADER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace attn::exec {

/// A linker that holds a copy of `object`, with the runtime's functions and the
/// math library in reach. It links, and compiles nothing: it needs no back end.
llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> load(llvm::StringRef object);

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_LOADER_H
