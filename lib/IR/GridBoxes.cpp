//===- GridBoxes.cpp - tiles that are boxes of a grid ---------------------===//
//
// Builds the coordinates of boxes, those of the keys that their queries see,
// and the places of both in raster order:
//
//   for x in box:  for y in box:  places[r++] = x n2 + y
//
// Boxes are counted strip by strip along the last axis, so that the keys that
// they share with the next row of boxes stay in the second cache.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/GridBoxes.h"
#include "Masks/Axis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

GridMaskAttr attn::findGrid(MaskAttrInterface mask) {
  if (auto all = dyn_cast<AllMaskAttr>(mask))
    for (MaskAttrInterface conjunct : all.getMasks())
      if (auto grid = dyn_cast<GridMaskAttr>(conjunct))
        return grid;
  return dyn_cast<GridMaskAttr>(mask);
}

bool attn::canFoldInBoxes(SdpaOp op) {
  GridMaskAttr grid = findGrid(op.getMask());
  if (!grid || !grid.getBox().empty() || op.getListedBlocks() || op.getBias() ||
      op.getOffset())
    return false;
  int64_t points = computeProduct(grid.getExtents());
  for (Value operand : {op.getQuery(), op.getKey(), op.getValue()}) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getDimSize(type.getRank() - 2) != points ||
        operand.getDefiningOp<PagedViewOp>())
      return false;
  }
  return true;
}

LogicalResult attn::verifyBoxes(SdpaOp op) {
  for (ScheduleAttr schedule : {op.getScheduleAttr(), op.getFewAttr()}) {
    if (!schedule || schedule.getBox().empty())
      continue;
    if (schedule == op.getFewAttr())
      return op.emitOpError() << "has a box of " << schedule.getBox().size()
                              << " axes in few, expected one in schedule only";
    GridMaskAttr grid = findGrid(op.getMask());
    if (!canFoldInBoxes(op))
      return op.emitOpError()
             << "has a box and mask " << op.getMask() << ", query "
             << op.getQuery().getType() << " and key " << op.getKey().getType()
             << ", expected a grid in raster order of as many points as there "
                "are queries and keys, without lists, bias, offset and pages";
    if (grid.getExtents().size() != schedule.getBox().size())
      return op.emitOpError()
             << "has a box of " << schedule.getBox().size()
             << " axes and a grid of " << grid.getExtents().size()
             << ", expected an extent for each axis";
  }
  return success();
}

int64_t attn::countBoxes(ArrayRef<int64_t> extents, ArrayRef<int64_t> box) {
  int64_t result = 1;
  for (auto [extent, size] : llvm::zip_equal(extents, box))
    result *= llvm::divideCeil(extent, size);
  return result;
}

/// How many of the `boxes` on the last axis are a strip: a divisor. With 4, of
/// 8 x 8 points, and 13 x 13 neighbours of width 64 a row of boxes reads 450
/// KiB.
static int64_t getStrip(int64_t boxes) {
  static constexpr int64_t kMostBoxes = 4;
  int64_t strip = std::min(boxes, kMostBoxes);
  while (boxes % strip != 0)
    --strip;
  return strip;
}

GridBox attn::buildBox(IndexMath &math, ArrayRef<int64_t> extents,
                       ArrayRef<int64_t> box, OpFoldResult number) {
  // Digits from the slowest: strips of the last axis, the other axes, boxes of
  // the strip.
  int64_t lastBoxes = llvm::divideCeil(extents.back(), box.back());
  int64_t strip = getStrip(lastBoxes);
  int64_t unit = countBoxes(extents, box) / (lastBoxes / strip);
  OpFoldResult last = math.add(math.mul(math.floorDiv(number, unit), strip),
                               math.mod(number, strip));
  OpFoldResult rest = math.floorDiv(math.mod(number, unit), strip);
  unit /= strip;
  GridBox result;
  for (auto [axis, extent, size] : llvm::enumerate(extents, box)) {
    bool isLast = axis + 1 == extents.size();
    int64_t boxes = llvm::divideCeil(extent, size);
    unit = isLast ? 1 : unit / boxes;
    OpFoldResult place =
        isLast ? last : math.mod(math.floorDiv(rest, unit), boxes);
    OpFoldResult corner = math.mul(place, size);
    result.corner.push_back(corner);
    result.sizes.push_back(
        extent % size == 0 ? math.constant(size)
                           : math.min(math.constant(size),
                                      math.sub(math.constant(extent), corner)));
  }
  return result;
}

/// The hull of the coordinates that queries [begin, begin + count) of an axis
/// may see, as the first of them and their number.
static std::pair<OpFoldResult, OpFoldResult>
buildReach(MaskIntervalBuilder inner, MaskAttrInterface mask, int64_t extent,
           OpFoldResult begin, OpFoldResult count) {
  inner.rowBegin = begin;
  inner.rowEnd = inner.add(begin, count);
  inner.setPositions(begin, inner.add(inner.rowEnd, -1));
  inner.numRows = inner.numCols = inner.constant(extent);
  DisjunctList disjuncts;
  mask.buildIntervals(inner, disjuncts);
  OpFoldResult lo = inner.numCols, hi = inner.constant(0);
  for (const MaskDisjunct &d : clampDisjuncts(inner, disjuncts, lo)) {
    OpFoldResult first = inner.min(lo, d.mayLo), end = inner.max(hi, d.mayHi);
    lo = inner.selectLess(d.mayLo, d.mayHi, first, lo);
    hi = inner.selectLess(d.mayLo, d.mayHi, end, hi);
  }
  return {lo, inner.max(inner.sub(hi, lo), inner.constant(0))};
}

GridBox attn::buildKeysOfBox(const MaskIntervalBuilder &queries,
                             GridMaskAttr grid, const GridBox &box) {
  GridBox result;
  for (auto [mask, extent, corner, size] : llvm::zip_equal(
           grid.getMasks(), grid.getExtents(), box.corner, box.sizes)) {
    auto [lo, count] = buildReach(queries, mask, extent, corner, size);
    result.corner.push_back(lo);
    result.sizes.push_back(count);
  }
  return result;
}

OpFoldResult attn::buildNumPoints(IndexMath &math, const GridBox &box) {
  OpFoldResult result = math.constant(1);
  for (OpFoldResult size : box.sizes) {
    std::optional<int64_t> known = getConstantIntValue(size);
    std::optional<int64_t> before = getConstantIntValue(result);
    if (known)
      result = math.mul(result, *known);
    else if (before)
      result = math.mul(size, *before);
    else
      result = arith::MulIOp::create(math.getBuilder(), math.getLoc(),
                                     math.materialize(result),
                                     math.materialize(size))
                   .getResult();
  }
  return result;
}

namespace {

/// Writes the places of the points of a box, one after the other.
class PlaceWriter {
public:
  PlaceWriter(Location loc, ArrayRef<int64_t> extents, const GridBox &box)
      : loc(loc), extents(extents), box(box) {}

  /// Those with coordinates `base` on the axes before `axis`, behind the
  /// carried tensor's element `cursor`; both as they are then.
  SmallVector<Value> build(OpBuilder &builder, unsigned axis, OpFoldResult base,
                           ValueRange carried) {
    if (axis + 1 == extents.size())
      return buildRun(builder, base, carried);
    int64_t unit = computeProduct(extents.drop_front(axis + 1));
    return buildLoop(builder, box.sizes[axis], carried,
                     [&](OpBuilder &body, Value step, ValueRange inner) {
                       IndexMath math(body, loc);
                       OpFoldResult at =
                           math.add(box.corner[axis], OpFoldResult(step));
                       return build(body, axis + 1,
                                    math.add(base, math.mul(at, unit)), inner);
                     });
  }

  /// Element `index` of `places` becomes `place`.
  Value buildInsert(OpBuilder &builder, Value places, OpFoldResult index,
                    OpFoldResult place) {
    IndexMath math(builder, loc);
    Value number = arith::IndexCastOp::create(
        builder, loc, builder.getI32Type(), math.materialize(place));
    return tensor::InsertOp::create(builder, loc, number, places,
                                    math.materialize(index));
  }

  /// `for i in [0, count)`.
  SmallVector<Value> buildLoop(
      OpBuilder &builder, OpFoldResult count, ValueRange carried,
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>
          build) {
    IndexMath math(builder, loc);
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)),
        math.materialize(count), math.materialize(math.constant(1)), carried,
        [&](OpBuilder &body, Location, Value step, ValueRange inner) {
          scf::YieldOp::create(body, loc, build(body, step, inner));
        });
    return SmallVector<Value>(loop.getResults());
  }

private:
  /// The run of points along the last axis.
  SmallVector<Value> buildRun(OpBuilder &builder, OpFoldResult base,
                              ValueRange carried) {
    Value cursor = carried[1];
    SmallVector<Value> written = buildLoop(
        builder, box.sizes.back(), carried.take_front(),
        [&](OpBuilder &body, Value step, ValueRange inner) {
          IndexMath math(body, loc);
          OpFoldResult place =
              math.add(math.add(base, box.corner.back()), OpFoldResult(step));
          return SmallVector<Value>{buildInsert(
              body, inner[0],
              math.add(OpFoldResult(cursor), OpFoldResult(step)), place)};
        });
    IndexMath math(builder, loc);
    return {written.front(),
            math.materialize(math.add(OpFoldResult(cursor), box.sizes.back()))};
  }

  Location loc;
  ArrayRef<int64_t> extents;
  const GridBox &box;
};

} // namespace

Value attn::buildPlaces(IndexMath &math, ArrayRef<int64_t> extents,
                        const GridBox &box, int64_t length) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  OpFoldResult count = buildNumPoints(math, box);
  OpFoldResult size = length ? math.constant(length) : count;
  OpFoldResult zero = math.constant(0);
  Value places =
      tensor::EmptyOp::create(builder, loc, size, builder.getI32Type());
  PlaceWriter writer(loc, extents, box);
  places =
      writer.build(builder, 0, zero, {places, math.materialize(zero)}).front();
  OpFoldResult rest = math.sub(size, count);
  if (isConstantIntValue(rest, 0))
    return places;
  OpFoldResult first = zero;
  for (auto [axis, corner] : llvm::enumerate(box.corner))
    first = math.add(
        first, math.mul(corner, computeProduct(extents.drop_front(axis + 1))));
  return writer
      .buildLoop(
          builder, rest, places,
          [&](OpBuilder &body, Value step, ValueRange inner) {
            IndexMath at(body, loc);
            return SmallVector<Value>{writer.buildInsert(
                body, inner[0], at.add(count, OpFoldResult(step)), first)};
          })
      .front();
}

/// The dimensions of a grid of rank `axes` at `dim` of a tensor, for each
/// dimension of the tensor without it.
static SmallVector<ReassociationIndices>
getReassociation(unsigned rank, unsigned dim, unsigned axes) {
  SmallVector<ReassociationIndices> result;
  for (unsigned next = 0; next < rank;) {
    ReassociationIndices &group = result.emplace_back();
    for (unsigned k = next == dim ? axes : 1; k > 0; --k)
      group.push_back(next++);
  }
  return result;
}

Value attn::buildOnGrid(OpBuilder &builder, Location loc, Value tensor,
                        unsigned dim, ArrayRef<int64_t> extents) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, extents.begin(), extents.end());
  SmallVector<OpFoldResult> points =
      getAsIndexOpFoldResult(builder.getContext(), extents);
  sizes.erase(sizes.begin() + dim);
  sizes.insert(sizes.begin() + dim, points.begin(), points.end());
  return tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), tensor,
      getReassociation(shape.size(), dim, extents.size()), sizes);
}

Value attn::buildOffGrid(OpBuilder &builder, Location loc, Value tensor,
                         unsigned dim, RankedTensorType type) {
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  return tensor::CollapseShapeOp::create(
      builder, loc, type, tensor,
      getReassociation(rank, dim, rank - type.getRank() + 1));
}
