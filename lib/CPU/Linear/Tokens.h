//===- Tokens.h - what tokens bring and take -------------------*- C++ -*-===//
//
// Declares what both forms of linear attention do with the arrays of tokens.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_TOKENS_H
#define ATTN_LIB_CPU_LINEAR_TOKENS_H

#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// `[m, width]` of head `head` of `[G, m, width]`.
Value buildHead(VectorBuilder &b, Value tensor, Value head);

/// The values of the `count` tokens of `op` to `values`: times beta, unless
/// that is for the delta rule, and followed by a 1 for what normalize sums.
/// `fillsUp` as in `buildRowsIn`.
void buildValuesIn(VectorBuilder &b, LinearStepOp op, Value count, Value values,
                   bool fillsUp = true);

/// Rows of sums to `out`; with `eps` each divided by its column E plus eps.
void buildOut(VectorBuilder &b, Operation *op, Value sums, Value count,
              Value out, FloatAttr eps);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_TOKENS_H
