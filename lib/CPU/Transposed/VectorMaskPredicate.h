//===- VectorMaskPredicate.h - masks on lanes of queries -------*- C++ -*-===//
//
// Declares the predicate builder whose lanes are queries and whose key is one
// for all lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_TRANSPOSED_VECTORMASKPREDICATE_H
#define ATTN_LIB_CPU_TRANSPOSED_VECTORMASKPREDICATE_H

#include "attn/IR/AttnOps.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::attn {

/// Positions are vectors of i32: extents are below 2^31, and narrow lanes are
/// as many as those of the scores.
class VectorMaskPredicate : public MaskPredicateBuilder {
public:
  /// `firstRow` is the raw row of lane 0, `col` the key. In a narrow
  /// step lanes beyond the rows of the tile are those of further heads. Values
  /// that do not depend on the key are built at `prologue`, once a panel.
  VectorMaskPredicate(OpBuilder &builder, OpBuilder::InsertPoint prologue,
                      StepOp step, int64_t lanes, Value firstRow, Value col,
                      bool isNarrow);

  Value getRow() override;
  Value getPosition() override;
  Value getCol() override { return col; }
  Value getNumRows() override { return splat(step.getNumRows()); }
  Value getNumCols() override { return splat(step.getNumCols()); }
  Value getConstant(int64_t value) override;
  Value getBatchElement(unsigned slot) override;
  std::pair<Value, Value> getSegmentOfRow(unsigned slot) override;

private:
  /// An index broadcast to the position type.
  Value splat(Value index);

  OpBuilder::InsertPoint prologue;
  StepOp step;
  int64_t lanes;
  bool isNarrow;
  Value firstRow, row, col;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_TRANSPOSED_VECTORMASKPREDICATE_H
