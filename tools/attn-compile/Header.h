//===- Header.h - C declarations of compiled kernels -----------*- C++ -*-===//
//
// Declares the writer of headers for `attn-compile --emit=header`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_COMPILE_HEADER_H
#define ATTN_TOOLS_ATTN_COMPILE_HEADER_H

#include "attn/Execution/Tensor.h"
#include "llvm/Support/raw_ostream.h"

namespace attn::compile {

/// Writes a C header with the entry points of `kernels`.
void writeHeader(llvm::raw_ostream &os,
                 llvm::ArrayRef<exec::Signature> kernels);

} // namespace attn::compile

#endif // ATTN_TOOLS_ATTN_COMPILE_HEADER_H
