//===- NaiveElimination.h - inverses by elimination ------------*- C++ -*-===//
//
// Declares elimination with full pivots, element by element: the oracle.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVEELIMINATION_H
#define ATTN_LIB_TRANSFORMS_NAIVEELIMINATION_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn {

/// Inverts all matrices of one tensor, one after the other, by loops over
/// elements. What is computed are whole tensors: [A | I] of all matrices, and
/// their inverses.
class NaiveElimination {
public:
  /// For `input` `[…, m, m]` and `largest`, the largest magnitude of each
  /// matrix.
  NaiveElimination(OpBuilder &builder, Location loc, Value input,
                   Value largest);

  /// The inverses. Columns that have no pivot above m u max|A| are dependent,
  /// and their rows of the inverse are 0.
  Value run();

private:
  using Values = SmallVector<Value>;
  using Body = llvm::function_ref<Values(OpBuilder &, Value, ValueRange)>;

  /// A loop over [lo, hi) that carries values.
  Values loop(OpBuilder &b, Value lo, Value hi, ValueRange init, Body body);
  Value load(OpBuilder &b, Value tensor, Value row, Value col);
  Value store(OpBuilder &b, Value value, Value tensor, Value row, Value col);

  Value buildStart();
  /// The state after one more pivot: work, places of columns, rank.
  Values buildStep(OpBuilder &b, ValueRange state, Value bound);
  /// Row, magnitude and column of the largest element that is left.
  Values buildSearch(OpBuilder &b, ValueRange state);
  /// Work with the rows exchanged and the column of the pivot cleared.
  Value buildCleared(OpBuilder &b, Value work, Value source, Value rank,
                     Value col);
  /// Work and result after the matrix at `where`.
  Values invert(OpBuilder &b, ValueRange matrix, ValueRange state);
  /// m u max|A| of the matrix at `where`.
  Value buildBound(OpBuilder &b);
  /// The rows of the inverse from those of work, by the places of columns.
  Value buildRows(OpBuilder &b, Value work, Value places, Value result);

  OpBuilder &builder;
  Location loc;
  Value input, largest;
  FloatType element;
  SmallVector<OpFoldResult> sizes;
  Value zero, one, order, doubled;
  /// The matrix in work: its batch element (if any) and its head.
  Values where;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVEELIMINATION_H
