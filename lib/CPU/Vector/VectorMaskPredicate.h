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
  /// The keys of the lanes begin at `key`; those beyond `last` repeat it.
  VectorMaskPredicate(OpBuilder &builder, Lanes &lanes, Value key, Value last)
      : MaskPredicateBuilder(builder, lanes.getStep().getLoc()), lanes(lanes),
        step(lanes.getStep()), key(key), last(last),
        col(lanes.buildKeys(builder, key, last, builder.getI32Type())) {}

  Value getRow() override { return lanes.getRows(builder.getI32Type()); }
  Value getPosition() override;
  Value getCol() override { return col; }
  Value getNumRows() override { return splat(step.getNumRows()); }
  Value getNumCols() override { return splat(step.getNumCols()); }
  Value getConstant(int64_t value) override;
  Value getHead() override;
  Value getBatchElement(unsigned slot) override;
  std::pair<Value, Value> buildSegment(unsigned slot,
                                       QueryPlace place) override;
  Value buildQueryElement(unsigned slot, QueryPlace place) override;
  Value buildKeyElement(unsigned slot, KeyPlace place) override;
  Value buildForEachPair(PairBody body) override;
  SmallVector<Value> buildForEachQuery(unsigned count, QueryBody body) override;
  Value buildCall(FlatSymbolRefAttr predicate, ArrayRef<unsigned> slots,
                  Value position, Value col) override;

private:
  /// Builds numbers for the query at a lane, a row and a position.
  using LaneBody = llvm::function_ref<SmallVector<Value>(
      IndexMath &, Value, OpFoldResult, OpFoldResult)>;
  /// `count` numbers, indices or of type `element`, of each lane's query,
  /// computed one by one at the prologue and kept in a buffer named `tag`: as
  /// many vectors of `element`.
  SmallVector<Value> buildForQueries(StringRef tag, int64_t count, Type element,
                                     LaneBody build);
  /// An index broadcast to the position type.
  Value splat(Value index) {
    return lanes.splat(builder, index, builder.getI32Type());
  }

  Lanes &lanes;
  StepOp step;
  Value key, last, col;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_VECTORMASKPREDICATE_H
