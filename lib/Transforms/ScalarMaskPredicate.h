//===- ScalarMaskPredicate.h - a mask at one (query, key) pair -*- C++ -*-===//
//
// Declares the predicate builder for single pairs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCALARMASKPREDICATE_H
#define ATTN_LIB_TRANSFORMS_SCALARMASKPREDICATE_H

#include "attn/IR/MaskBuilders.h"

namespace mlir::attn {

/// The pair of one query and one key, as index values.
struct MaskPair {
  Value batch, head, row, position, col;
  Value numRows, numCols;
  /// The row of the query tensor, where `row` counts in blocks.
  Value queryRow;
};

/// Builds the predicate of the mask of `op` at one pair, reading mask operands
/// where needed. `op` stays in its module while code is built, which `builder`
/// need not.
class ScalarMaskPredicate : public MaskPredicateBuilder {
public:
  ScalarMaskPredicate(OpBuilder &builder, Operation *op, const MaskPair &pair,
                      ValueRange operands)
      : MaskPredicateBuilder(builder, op->getLoc()), op(op), pair(pair),
        operands(operands) {}

  Value getRow() override { return pair.row; }
  Value getPosition() override { return pair.position; }
  Value getCol() override { return pair.col; }
  Value getNumRows() override { return pair.numRows; }
  Value getNumCols() override { return pair.numCols; }
  Value getConstant(int64_t value) override;
  Value getHead() override { return pair.head; }
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
  PairPlace getPlace() const {
    return {pair.batch,
            pair.head,
            pair.row,
            pair.position,
            pair.col,
            operands,
            pair.queryRow ? pair.queryRow : pair.row};
  }

  Operation *op;
  MaskPair pair;
  ValueRange operands;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCALARMASKPREDICATE_H
