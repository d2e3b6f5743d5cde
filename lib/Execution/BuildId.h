//===- BuildId.h - which build of the compiler this is ---------*- C++ -*-===//
//
// Declares the identity of the code that compiles: two builds that may emit
// different code have different identities.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_BUILDID_H
#define ATTN_LIB_EXECUTION_BUILDID_H

#include <string>

namespace attn::exec {

/// The GNU build ids (hashes of contents, by the linker) of the files that this
/// compiler, MLIR and LLVM were loaded from. Empty if one of them has none.
const std::string &getBuildIds();

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_BUILDID_H
