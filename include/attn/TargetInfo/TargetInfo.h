//===- TargetInfo.h - facts about machines ---------------------*- C++ -*-===//
//
// Declares the table of targets: what a name means, and what the host is.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGETINFO_TARGETINFO_H
#define ATTN_TARGETINFO_TARGETINFO_H

#include "attn/IR/AttnAttrs.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::attn {

/// One instruction set: what its micro-kernels are shaped by.
struct IsaFacts {
  StringRef name;
  int64_t vectorBits;
  int64_t registers;
  /// Keys (or value columns) by vectors of queries of a register tile.
  int64_t tileRows, tileVectors;
  /// Instructions convert f16 to f32 and back.
  bool halfConversions;
};

/// The facts of `#attn.target`'s instruction set, or null.
const IsaFacts *lookupIsa(StringRef isa);

/// What `#attn.target` says, without a context to hold it.
struct TargetFacts {
  std::string isa, triple, cpu, features;
  int64_t vectorBits, registers, l1, l2;
  Tiles tiles = Tiles::None;
  int64_t ahead = kDefaultAhead;
};

/// Resolves "host" or "<cpu>[:features]" to facts. "host" is what this process
/// runs on, capped by the environment variable ATTN_TARGET. Features are those
/// of LLVM ("+a,-b"), and "+emulated-amx" on x86: kernels for AMX tiles whose
/// instructions are replaced by vector code, for tests. The error for an
/// unknown name lists the ones that exist.
llvm::Expected<TargetFacts> resolveTargetFacts(StringRef name);

/// The same as an attribute; errors are reported through `emitError`.
FailureOr<TargetAttr>
resolveTarget(MLIRContext *context, StringRef name,
              llvm::function_ref<InFlightDiagnostic()> emitError);

/// A feature (or the architecture) that code for `target` may use and that this
/// processor does not have; none if the code can run here.
std::optional<std::string> findWhatHostLacks(TargetAttr target);

} // namespace mlir::attn

#endif // ATTN_TARGETINFO_TARGETINFO_H
