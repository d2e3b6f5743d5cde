//===- Axis.cpp - masks on other coordinates ------------------------------===//
//
// Implements the change of coordinates. Operands are read at coordinates too:
// an inner mask asks for the element at its own row or key, and each mask
// around it says where that is.
//
//===----------------------------------------------------------------------===//

#include "Axis.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

OpFoldResult MaskAxis::buildCoordinate(IndexMath &math,
                                       OpFoldResult place) const {
  auto divide = [&](int64_t by) {
    return by == 1 ? place : math.floorDiv(place, by);
  };
  if (!isOfGrid())
    return divide(unit);
  OpFoldResult coordinate = math.mod(divide(unit), extent);
  if (box == 1)
    return coordinate;
  return math.add(math.mul(coordinate, box), math.mod(divide(boxUnit), box));
}

OpFoldResult MaskAxis::buildCount(IndexMath &math, OpFoldResult count) const {
  return isOfGrid() ? math.constant(extent * box) : math.ceilDiv(count, unit);
}

SmallVector<MaskAxis> attn::getGridAxes(ArrayRef<int64_t> extents,
                                        ArrayRef<int64_t> box) {
  SmallVector<MaskAxis> axes(extents.size());
  int64_t points = 1, pointsOfBox = 1;
  for (int64_t size : box)
    points *= size;
  for (size_t axis = extents.size(); axis-- > 0;) {
    int64_t size = box.empty() ? 1 : box[axis];
    axes[axis] = {points, extents[axis] / size, size, pointsOfBox};
    points *= extents[axis] / size;
    pointsOfBox *= size;
  }
  return axes;
}

Value AxisPredicate::buildCoordinate(Value place) {
  Value quotient = floorDiv(place, axis.unit);
  if (!axis.isOfGrid())
    return quotient;
  Value coordinate = floorMod(quotient, axis.extent);
  if (axis.box == 1)
    return coordinate;
  return add(mul(coordinate, axis.box),
             floorMod(floorDiv(place, axis.boxUnit), axis.box));
}

Value AxisPredicate::buildCount(Value count) {
  if (axis.isOfGrid())
    return getConstant(axis.extent * axis.box);
  // Rounded up, without a sum that overflows.
  Value one = getConstant(1);
  return add(floorDiv(sub(count, one), axis.unit), one);
}

Value AxisPredicate::getRow() {
  return buildCoordinate(axis.isOfGrid() ? outer.getPosition()
                                         : outer.getRow());
}

Value AxisPredicate::getPosition() {
  return buildCoordinate(outer.getPosition());
}

Value AxisPredicate::getCol() { return buildCoordinate(outer.getCol()); }

Value AxisPredicate::getNumRows() { return buildCount(outer.getNumRows()); }

Value AxisPredicate::getNumCols() { return buildCount(outer.getNumCols()); }

OpFoldResult AxisPredicate::buildPlace(IndexMath &math, OpFoldResult row,
                                       OpFoldResult position,
                                       QueryPlace place) const {
  OpFoldResult inner = axis.buildCoordinate(math, position);
  return place(math, axis.isOfGrid() ? inner : axis.buildCoordinate(math, row),
               inner);
}

std::pair<Value, Value> AxisPredicate::buildSegment(unsigned slot,
                                                    QueryPlace place) {
  return outer.buildSegment(
      slot, [&](IndexMath &math, OpFoldResult row, OpFoldResult position) {
        return buildPlace(math, row, position, place);
      });
}

Value AxisPredicate::buildQueryElement(unsigned slot, QueryPlace place) {
  return outer.buildQueryElement(
      slot, [&](IndexMath &math, OpFoldResult row, OpFoldResult position) {
        return buildPlace(math, row, position, place);
      });
}

Value AxisPredicate::buildKeyElement(unsigned slot, KeyPlace place) {
  return outer.buildKeyElement(slot, [&](IndexMath &math, OpFoldResult col) {
    return place(math, axis.buildCoordinate(math, col));
  });
}

PairPlace AxisPredicate::buildPair(IndexMath &math,
                                   const PairPlace &pair) const {
  auto coordinate = [&](Value place) {
    return math.materialize(axis.buildCoordinate(math, place));
  };
  PairPlace inner = pair;
  inner.position = coordinate(pair.position);
  inner.row = axis.isOfGrid() ? inner.position : coordinate(pair.row);
  if (pair.col)
    inner.col = coordinate(pair.col);
  return inner;
}

Value AxisPredicate::buildForEachPair(PairBody body) {
  return outer.buildForEachPair([&](IndexMath &math, const PairPlace &pair) {
    return body(math, buildPair(math, pair));
  });
}

SmallVector<Value> AxisPredicate::buildForEachQuery(unsigned count,
                                                    QueryBody body) {
  return outer.buildForEachQuery(count,
                                 [&](IndexMath &math, const PairPlace &query) {
                                   return body(math, buildPair(math, query));
                                 });
}

DisjunctList attn::clampDisjuncts(MaskIntervalBuilder &builder,
                                  ArrayRef<MaskDisjunct> disjuncts,
                                  OpFoldResult count) {
  OpFoldResult zero = builder.constant(0);
  auto clamp = [&](OpFoldResult end) {
    if (isConstantIntValue(end, 0) || end == count)
      return end;
    return builder.min(builder.max(end, zero), count);
  };
  DisjunctList result;
  for (const MaskDisjunct &d : disjuncts)
    result.push_back(
        {clamp(d.mayLo), clamp(d.mayHi), clamp(d.mustLo), clamp(d.mustHi)});
  return result;
}
