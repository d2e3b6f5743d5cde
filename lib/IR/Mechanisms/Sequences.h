//===- Sequences.h - rules on query, key and value -------------*- C++ -*-===//
//
// Declares the rules that low-rank mechanisms on whole sequences share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MECHANISMS_SEQUENCES_H
#define ATTN_LIB_IR_MECHANISMS_SEQUENCES_H

#include "attn/IR/ScoreClauses.h"

namespace mlir::attn {

/// Emits an error unless `tensor` has the element type of `query`.
LogicalResult verifySameElement(Operation *op, StringRef name, Value tensor,
                                StringRef queryName, Value query);

/// Emits an error unless `scale`, null where absent, is positive and finite, or
/// `width`, of which it is the default, is static.
LogicalResult verifyScale(Operation *op, FloatAttr scale, StringRef name,
                          int64_t width);

/// The ranks, element types and extents of query, key and value, and the type
/// of `out`, which they give.
LogicalResult verifySequences(Operation *op, Value query, Value key,
                              Value value, Value out, FloatAttr scale);

/// The rules on the clauses of a pseudo-inverse: not both, and at least one
/// step.
LogicalResult verifyIterations(Operation *op, std::optional<uint64_t> iters,
                               SolverAttr solver);

/// The extents of the result of attention of `query` over `value`.
SmallVector<OpFoldResult> buildOutSizes(OpBuilder &builder, Location loc,
                                        Value query, Value value, Value out);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MECHANISMS_SEQUENCES_H
