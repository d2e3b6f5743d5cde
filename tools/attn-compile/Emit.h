//===- Emit.h - the forms that attn-compile writes -------------*- C++ -*-===//
//
// Declares compilation of a file into one form.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_COMPILE_EMIT_H
#define ATTN_TOOLS_ATTN_COMPILE_EMIT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace attn::compile {

/// Compiles `file` for `target`, with products in another order unless `fp` is
/// "strict", and writes it as `form` ("tiled", "obj", …) to `output`.
llvm::Error emit(llvm::StringRef file, llvm::StringRef target,
                 llvm::StringRef fp, llvm::StringRef form,
                 llvm::StringRef output);

} // namespace attn::compile

#endif // ATTN_TOOLS_ATTN_COMPILE_EMIT_H
