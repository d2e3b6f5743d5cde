//===- VectorMaskPredicate.h - masks on lanes of scores --------*- C++ -*-===//
//
// Declares the predicate builder for vectors of scores.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_VECTORMASKPREDICATE_H
#define ATTN_LIB_CPU_VECTOR_VECTORMASKPREDICATE_H

#include "Vector/Lanes.h"

namespace mlir::attn {

/// Positions are vectors of i32: extents are below 2^31, and lanes of 32 bits
/// are as many as those of the scores.
class VectorMaskPredicate : public MaskPredicateBuilder {
public:
  /// `col` holds the keys of the lanes.
  VectorMaskPredicate(OpBuilder &builder, Lanes &lanes, Value col)
      : MaskPredicateBuilder(builder, lanes.getStep().getLoc()), lanes(lanes),
        step(lanes.getStep()), col(col) {}

  Value getRow() override { return lanes.getRows(builder.getI32Type()); }
  Value getPosition() override;
  Value getCol() override { return col; }
  Value getNumRows() override { return splat(step.getNumRows()); }
  Value getNumCols() override { return splat(step.getNumCols()); }
  Value getConstant(int64_t value) override;
  Value getBatchElement(unsigned slot) override;
  std::pair<Value, Value> getSegmentOfRow(unsigned slot) override;
  Value buildForEachPair(PairBody body) override;

private:
  /// An index broadcast to the position type.
  Value splat(Value index) {
    return lanes.splat(builder, index, builder.getI32Type());
  }

  Lanes &lanes;
  StepOp step;
  Value col;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_VECTORMASKPREDICATE_H
