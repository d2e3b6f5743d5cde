//===- NpyHeader.h - the header of a .npy file -----------------*- C++ -*-===//
//
// Declares the parser and the printer of the dictionary that describes a
// tensor:
// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_EXECUTION_NPYHEADER_H
#define ATTN_LIB_EXECUTION_NPYHEADER_H

#include "attn/Execution/Npy.h"

namespace attn::exec {

/// What a header says.
struct NpyHeader {
  std::string descr;
  bool fortranOrder = false;
  llvm::SmallVector<int64_t, 4> shape;
};

/// Parses the text of a header.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::StringRef text);

/// The text of a header, without padding.
std::string printNpyHeader(const NpyHeader &header);

} // namespace attn::exec

#endif // ATTN_LIB_EXECUTION_NPYHEADER_H
