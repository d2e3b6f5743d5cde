//===- TargetInfo.h - facts about machines ---------------------*- C++ -*-===//
//
// Declares the table of targets: what a name means, and what the host is.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGETINFO_TARGETINFO_H
#define ATTN_TARGETINFO_TARGETINFO_H

#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// One instruction set: what its micro-kernels are shaped by.
struct IsaFacts {
  StringRef name;
  int64_t vectorBits;
  int64_t registers;
  /// Keys (or value columns) by vectors of queries of a register tile.
  int64_t tileRows, tileVectors;
};

/// The facts of `#attn.target`'s instruction set, or null.
const IsaFacts *lookupIsa(StringRef isa);

/// Resolves "host" or "<cpu>[:features]" to a target. "host" is what this
/// process runs on, capped by the environment variable ATTN_TARGET. Unknown
/// names are reported through `emitError` with the ones that exist.
FailureOr<TargetAttr>
resolveTarget(MLIRContext *context, StringRef name,
              llvm::function_ref<InFlightDiagnostic()> emitError);

} // namespace mlir::attn

#endif // ATTN_TARGETINFO_TARGETINFO_H
