//===- GridIntervals.cpp - intervals of a mask on a grid ------------------===//
//
// Implements the product of the intervals of axes, in raster order or in that
// of boxes.
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
// Where points come box by box, the same is said of boxes: those in which a
// query stands, those that an interval of points meets, and those that it
// holds.
//
// Asked about a range of keys only, the product is empty if some axis keeps
// none of their coordinates. That is exact where the keys fill a box, or are a
// part of a row of points.
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

  /// The disjuncts of `mask` on one axis, maybe for some keys of it only.
  DisjunctList buildAxis(MaskAttrInterface mask, int64_t extent,
                         Coordinates queries, std::optional<Coordinates> keys) {
    MaskIntervalBuilder inner = builder;
    inner.rowBegin = queries.first;
    inner.rowEnd = builder.add(queries.last, 1);
    inner.setPositions(queries.first, queries.last);
    inner.numRows = inner.numCols = builder.constant(extent);
    if (keys) {
      inner.colBegin = keys->first;
      inner.colEnd = builder.add(keys->last, 1);
    }
    DisjunctList result;
    mask.buildIntervals(inner, result);
    result = clampDisjuncts(builder, result, inner.numCols);
    reduceDisjuncts(inner, result);
    return result;
  }

  /// The boxes of `size` points that meet what may be seen, and those that lie
  /// in what must.
  MaskDisjunct buildBoxes(const MaskDisjunct &d, int64_t size) {
    if (size == 1)
      return d;
    MaskDisjunct result = {
        builder.floorDiv(d.mayLo, size), builder.ceilDiv(d.mayHi, size),
        builder.ceilDiv(d.mustLo, size), builder.floorDiv(d.mustHi, size)};
    result.mayHi = builder.selectLess(d.mayLo, d.mayHi, result.mayHi, zero);
    return result;
  }

  /// 1 if `disjuncts` may hold one of `keys`, else 0.
  OpFoldResult buildMeets(ArrayRef<MaskDisjunct> disjuncts, Coordinates keys) {
    OpFoldResult result = zero;
    for (const MaskDisjunct &d : disjuncts)
      result =
          builder.selectLess(builder.max(d.mayLo, keys.first),
                             builder.min(d.mayHi, builder.add(keys.last, 1)),
                             builder.constant(1), result);
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
                                      ArrayRef<MaskAttrInterface> masks,
                                      ArrayRef<int64_t> box) {
  GridProduct grid(builder);
  // Boxes of one point where there are none.
  SmallVector<int64_t> sizes(extents.size(), 1), boxes;
  llvm::copy(box, sizes.begin());
  int64_t points = 1, pointsOfBox = 1;
  for (auto [extent, size] : llvm::zip_equal(extents, sizes)) {
    points *= extent;
    pointsOfBox *= size;
    boxes.push_back(extent / size);
  }
  OpFoldResult zero = builder.constant(0);
  OpFoldResult end = builder.constant(points - 1);
  auto locate = [&](OpFoldResult first, OpFoldResult last) {
    auto boxOf = [&](OpFoldResult position) {
      return builder.floorDiv(builder.min(builder.max(position, zero), end),
                              pointsOfBox);
    };
    SmallVector<Coordinates> result = grid.buildCoordinates(
        boxes, points / pointsOfBox, boxOf(first), boxOf(last));
    for (auto [axis, size] : llvm::zip_equal(result, sizes)) {
      axis.first = builder.mul(axis.first, size);
      axis.last = builder.add(builder.mul(axis.last, size), size - 1);
    }
    return result;
  };
  OpFoldResult first = builder.firstPosition(), last = builder.lastPosition();
  SmallVector<Coordinates> queries = locate(first, last), keys;
  if (builder.colBegin)
    keys = locate(builder.colBegin, builder.add(builder.colEnd, -1));
  // 0 if none of the keys that are asked about can be kept.
  OpFoldResult isMet = builder.constant(1);
  DisjunctList result = {
      MaskIntervalBuilder::always(zero, builder.constant(1))};
  int64_t size = 1;
  for (size_t axis = extents.size(); axis-- > 0;) {
    std::optional<Coordinates> asked;
    if (!keys.empty())
      asked = keys[axis];
    DisjunctList outer =
        grid.buildAxis(masks[axis], extents[axis], queries[axis], asked);
    if (asked)
      isMet = builder.min(isMet, grid.buildMeets(outer, *asked));
    for (MaskDisjunct &d : outer)
      d = grid.buildBoxes(d, sizes[axis]);
    result = grid.buildProduct(outer, boxes[axis], result, size, axis == 0);
    size *= boxes[axis];
  }
  for (MaskDisjunct &d : result) {
    for (OpFoldResult *bound : {&d.mayLo, &d.mayHi, &d.mustLo, &d.mustHi})
      *bound = builder.mul(*bound, pointsOfBox);
    // Queries beside the grid see nothing.
    for (OpFoldResult *bound : {&d.mayHi, &d.mustHi})
      if (!keys.empty())
        *bound = builder.selectLess(zero, isMet, *bound, zero);
    d.mayHi = builder.selectLess(last, zero, zero, d.mayHi);
    d.mayHi = builder.selectLess(end, first, zero, d.mayHi);
    d.mustHi = builder.selectLess(first, zero, zero, d.mustHi);
    d.mustHi = builder.selectLess(end, last, zero, d.mustHi);
  }
  reduceDisjuncts(builder, result);
  return result;
}
