//===- Axis.h - masks on other coordinates ---------------------*- C++ -*-===//
//
// Declares the change of coordinates from queries and keys to blocks of them,
// or to an axis of a grid, for the masks inside of `block` and `grid`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_AXIS_H
#define ATTN_LIB_IR_MASKS_AXIS_H

#include "Disjuncts.h"

namespace mlir::attn {

/// Coordinates are floor(place / unit), and modulo `extent` on an axis of a
/// grid. Where points come box by box, that is the coordinate of the box, and
/// floor(place / boxUnit) modulo `box` that of the point in its box.
struct MaskAxis {
  int64_t unit;
  /// The points on the axis of a grid, or the boxes; 0 for blocks.
  int64_t extent = 0;
  /// The points of a box on the axis.
  int64_t box = 1;
  int64_t boxUnit = 1;

  bool isOfGrid() const { return extent != 0; }
  /// The coordinate of a place.
  OpFoldResult buildCoordinate(IndexMath &math, OpFoldResult place) const;
  /// The coordinates of `count` places from 0 on.
  OpFoldResult buildCount(IndexMath &math, OpFoldResult count) const;
};

/// The axes of a grid of `extents` points. `box` is empty in raster order.
SmallVector<MaskAxis> getGridAxes(ArrayRef<int64_t> extents,
                                  ArrayRef<int64_t> box);

/// Evaluates a mask inside another one at the coordinates of the outer pair. On
/// an axis of a grid rows are positions.
class AxisPredicate : public MaskPredicateBuilder {
public:
  AxisPredicate(MaskPredicateBuilder &outer, MaskAxis axis)
      : MaskPredicateBuilder(outer.getBuilder(), outer.getLoc()), outer(outer),
        axis(axis) {}

  Value getRow() override;
  Value getPosition() override;
  Value getCol() override;
  Value getNumRows() override;
  Value getNumCols() override;
  Value getConstant(int64_t value) override { return outer.getConstant(value); }
  Value getHead() override { return outer.getHead(); }
  Value getBatchElement(unsigned slot) override {
    return outer.getBatchElement(slot);
  }
  std::pair<Value, Value> buildSegment(unsigned slot,
                                       QueryPlace place) override;
  Value buildQueryElement(unsigned slot, QueryPlace place) override;
  Value buildKeyElement(unsigned slot, KeyPlace place) override;
  Value buildForEachPair(PairBody body) override;
  SmallVector<Value> buildForEachQuery(unsigned count, QueryBody body) override;
  Value buildCall(FlatSymbolRefAttr predicate, ArrayRef<unsigned> slots,
                  Value position, Value col) override {
    return outer.buildCall(predicate, slots,
                           position ? position : getPosition(),
                           col ? col : getCol());
  }

private:
  Value buildCoordinate(Value place);
  Value buildCount(Value count);
  /// The pair, or the query where it has no key, in coordinates.
  PairPlace buildPair(IndexMath &math, const PairPlace &pair) const;
  /// `place` among the coordinates of outer rows and positions.
  OpFoldResult buildPlace(IndexMath &math, OpFoldResult row,
                          OpFoldResult position, QueryPlace place) const;

  MaskPredicateBuilder &outer;
  MaskAxis axis;
};

/// `disjuncts` with every end within [0, `count`], so that multiples of them do
/// not overflow.
DisjunctList clampDisjuncts(MaskIntervalBuilder &builder,
                            ArrayRef<MaskDisjunct> disjuncts,
                            OpFoldResult count);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_AXIS_H
