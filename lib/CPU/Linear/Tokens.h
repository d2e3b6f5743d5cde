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

/// What the values of tokens become in the state: themselves, times `beta` if
/// there is one, and a 1 behind them where there is a column of sums.
struct TokenValues {
  Value value, beta;
  bool hasSum;

  /// Those of a step or a recurrence, whose beta is not for values with delta.
  template <typename OpTy>
  explicit TokenValues(OpTy op)
      : value(op.getValue()), beta(op.getDelta() ? Value() : op.getBeta()),
        hasSum(op.getEps().has_value()) {}
};

/// Those of `count` tokens to `values`; `fillsUp` as in `buildRowsIn`.
void buildValuesIn(VectorBuilder &b, const TokenValues &tokens, Value count,
                   Value values, bool fillsUp = true);

/// Rows of sums to `out`; with `eps` each divided by its column E plus eps.
void buildOut(VectorBuilder &b, Operation *op, Value sums, Value count,
              Value out, FloatAttr eps);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_TOKENS_H
