//===- Explain.h - decisions as remarks ------------------------*- C++ -*-===//
//
// Declares how remarks of the compiler reach a person.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PIPELINES_EXPLAIN_H
#define ATTN_PIPELINES_EXPLAIN_H

#include "mlir/IR/MLIRContext.h"

namespace mlir::attn {

/// Collects the remarks of category "attn" made in `context`: `sink` gets the
/// location and text of each.
void collectRemarks(MLIRContext &context,
                    std::function<void(Location, StringRef)> sink);

/// Prints remarks made in `context` as diagnostics.
void explain(MLIRContext &context);

/// Removes `--attn-explain` from the arguments; true if it was there.
bool takeExplainFlag(int &argc, char **argv);

} // namespace mlir::attn

#endif // ATTN_PIPELINES_EXPLAIN_H
