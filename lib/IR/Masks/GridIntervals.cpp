//===- GridIntervals.cpp - intervals of a mask on a grid ------------------===//
//
// Implements the product of the intervals of axes, in raster order.
//
// Queries from one point to another have coordinates [x0, x1] on the first
// axis; on the others those of the two points if x0 = x1, and possibly any
// otherwise. With intervals [a, z) of the first axis and [lo, hi) of the S
// points of the others, the product lies in
//
//   [a S + lo, (z - 1) S + hi)
//
// and is exactly that where [lo, hi) is everything, or [a, z) a single point.
// Up to three single points therefore have disjuncts of their own.
//
//===----------------------------------------------------------------------===//

#include "GridIntervals.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The coordinates of a range of queries on an axis, both included.
struct Coordinates {
  OpFoldResult first, last;
};

class GridProduct {
public:
  explicit GridProduct(MaskIntervalBuilder &builder)
      : builder(builder), zero(builder.constant(0)) {}

  /// The coordinates of queries from point `first` to point `last`, by axis.
  SmallVector<Coordinates> buildCoordinates(ArrayRef<int64_t> extents,
                                            int64_t points, OpFoldResult first,
                                            OpFoldResult last) {
    SmallVector<Coordinates> result;
    for (int64_t extent : extents) {
      points /= extent;
      Coordinates axis = {builder.floorDiv(first, points),
                          builder.floorDiv(last, points)};
      first = builder.selectLess(
          axis.first, axis.last, zero,
          builder.sub(first, builder.mul(axis.first, points)));
      last = builder.selectLess(
          axis.first, axis.last, builder.constant(points - 1),
          builder.sub(last, builder.mul(axis.last, points)));
      result.push_back(axis);
    }
    return result;
  }

  /// The disjuncts of `mask` on one axis.
  DisjunctList buildAxis(MaskAttrInterface mask, int64_t extent,
                         Coordinates queries) {
    MaskIntervalBuilder inner = builder;
    inner.rowBegin = queries.first;
    inner.rowEnd = builder.add(queries.last, 1);
    inner.setPositions(queries.first, queries.last);
    inner.numRows = inner.numCols = builder.constant(extent);
    DisjunctList result;
    mask.buildIntervals(inner, result);
    result = clampDisjuncts(builder, result, inner.numCols);
    reduceDisjuncts(inner, result);
    return result;
  }

  /// The product of `outer`, on an axis of `extent` points, with `rest`, on the
  /// `size` points of the axes that follow it.
  DisjunctList buildProduct(ArrayRef<MaskDisjunct> outer, int64_t extent,
                            ArrayRef<MaskDisjunct> rest, int64_t size,
                            bool isFirst) {
    MaskDisjunct one = buildOne(rest, size);
    OpFoldResult whole = builder.constant(size);
    OpFoldResult mayWidth = builder.sub(one.mayHi, one.mayLo);
    OpFoldResult mustWidth = builder.sub(one.mustHi, one.mustLo);
    // Products with everything are intervals: one piece holds all of them.
    OpFoldResult step = builder.selectLess(mayWidth, whole, builder.constant(1),
                                           builder.constant(extent));
    bool isWhole = getConstantIntValue(mayWidth) == size;
    int64_t pieces = isFirst && outer.size() == 1 && !isWhole
                         ? std::min<int64_t>(extent, kMaxDisjuncts)
                         : 1;
    DisjunctList result;
    for (const MaskDisjunct &d : outer)
      for (int64_t piece = 0; piece < pieces; ++piece) {
        OpFoldResult begin = d.mayLo, end = d.mayHi;
        if (piece > 0)
          begin = builder.add(begin, builder.mul(step, piece));
        if (piece + 1 < pieces)
          end = builder.min(builder.add(begin, step), end);
        OpFoldResult first = builder.max(d.mustLo, begin);
        OpFoldResult last = builder.min(d.mustHi, end);
        auto place = [&](OpFoldResult at, OpFoldResult within) {
          return builder.add(builder.mul(at, size), within);
        };
        MaskDisjunct product;
        product.mayLo = place(begin, one.mayLo);
        product.mayHi = builder.selectLess(
            begin, end, place(builder.add(end, -1), one.mayHi), zero);
        product.mayHi =
            builder.selectLess(one.mayLo, one.mayHi, product.mayHi, zero);
        product.mustLo = place(first, one.mustLo);
        product.mustHi =
            builder.selectLess(mustWidth, whole, place(first, one.mustHi),
                               builder.mul(last, size));
        product.mustHi = builder.selectLess(first, last, product.mustHi, zero);
        result.push_back(product);
      }
    return result;
  }

private:
  /// One interval for `disjuncts` on `size` points: the hull of what may be
  /// seen, and the longest of what must.
  MaskDisjunct buildOne(ArrayRef<MaskDisjunct> disjuncts, int64_t size) {
    if (disjuncts.size() == 1)
      return disjuncts.front();
    MaskDisjunct result = {builder.constant(size), zero, zero, zero};
    for (const MaskDisjunct &d : disjuncts) {
      OpFoldResult lo = builder.min(result.mayLo, d.mayLo);
      OpFoldResult hi = builder.max(result.mayHi, d.mayHi);
      result.mayLo = builder.selectLess(d.mayLo, d.mayHi, lo, result.mayLo);
      result.mayHi = builder.selectLess(d.mayLo, d.mayHi, hi, result.mayHi);
      OpFoldResult longest = builder.sub(result.mustHi, result.mustLo);
      OpFoldResult width = builder.sub(d.mustHi, d.mustLo);
      OpFoldResult mustLo =
          builder.selectLess(longest, width, d.mustLo, result.mustLo);
      result.mustHi =
          builder.selectLess(longest, width, d.mustHi, result.mustHi);
      result.mustLo = mustLo;
    }
    return result;
  }

  MaskIntervalBuilder &builder;
  OpFoldResult zero;
};

} // namespace

DisjunctList attn::buildGridIntervals(MaskIntervalBuilder &builder,
                                      ArrayRef<int64_t> extents,
                                      ArrayRef<MaskAttrInterface> masks) {
  GridProduct grid(builder);
  int64_t points = 1;
  for (int64_t extent : extents)
    points *= extent;
  OpFoldResult zero = builder.constant(0);
  OpFoldResult end = builder.constant(points - 1);
  auto clamp = [&](OpFoldResult position) {
    return builder.min(builder.max(position, zero), end);
  };
  OpFoldResult first = builder.firstPosition(), last = builder.lastPosition();
  SmallVector<Coordinates> coordinates =
      grid.buildCoordinates(extents, points, clamp(first), clamp(last));
  DisjunctList result = {
      MaskIntervalBuilder::always(zero, builder.constant(1))};
  int64_t size = 1;
  for (size_t axis = extents.size(); axis-- > 0;) {
    DisjunctList outer =
        grid.buildAxis(masks[axis], extents[axis], coordinates[axis]);
    result = grid.buildProduct(outer, extents[axis], result, size, axis == 0);
    size *= extents[axis];
  }
  // Queries beside the grid see nothing.
  for (MaskDisjunct &d : result) {
    d.mayHi = builder.selectLess(last, zero, zero, d.mayHi);
    d.mayHi = builder.selectLess(end, first, zero, d.mayHi);
    d.mustHi = builder.selectLess(first, zero, zero, d.mustHi);
    d.mustHi = builder.selectLess(end, last, zero, d.mustHi);
  }
  reduceDisjuncts(builder, result);
  return result;
}
