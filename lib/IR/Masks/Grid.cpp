//===- Grid.cpp - a mask for each axis of an image or a video -------------===//
//
// The mask `grid<[n1, …, nr], [A1, …, Ar]>`.
//
//===----------------------------------------------------------------------===//

#include "GridIntervals.h"
#include "ListRules.h"
#include "Rules.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::attn;

/// The number of points: that of keys where the mask fits its op.
static int64_t getNumPoints(GridMaskAttr grid) {
  int64_t points = 1;
  for (int64_t extent : grid.getExtents())
    points *= extent;
  return points;
}

void GridMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.append(buildGridIntervals(builder, getExtents(), getMasks()));
}

Value GridMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  int64_t unit = getNumPoints(*this);
  // A query that stands beside the grid has coordinates that mean nothing.
  Value position = builder.getPosition();
  Value result = builder.both(
      builder.isLessOrEqual(builder.getConstant(0), position),
      builder.isLessOrEqual(position, builder.getConstant(unit - 1)));
  for (auto [extent, mask] : llvm::zip_equal(getExtents(), getMasks())) {
    unit /= extent;
    AxisPredicate inner(builder, {unit, extent});
    result = builder.both(result, mask.buildContains(inner));
  }
  return result;
}

bool GridMaskAttr::usesQueryPosition() const { return true; }

/// `problem` on an axis of `extent` points, where rows are positions.
static MaskProblem getAxisProblem(MaskProblem problem, int64_t extent) {
  problem.rows = problem.cols = extent;
  problem.positionsAreRows = problem.lastQueryAtLastKey = true;
  problem.isGridAxis = true;
  return problem;
}

LogicalResult GridMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (getExtents().empty() || getExtents().size() != getMasks().size())
    return problem.emitError()
           << "mask grid has " << getExtents().size() << " axes and "
           << getMasks().size() << " masks, expected a mask for each axis";
  int64_t points = 1;
  for (int64_t extent : getExtents()) {
    if (extent < 1 || extent > kMaxMaskExtent / points)
      return problem.emitError()
             << "mask grid has an axis of " << extent
             << " points, expected axes from 1 on with a product of at most "
             << kMaxMaskExtent;
    points *= extent;
  }
  if (!ShapedType::isDynamic(problem.cols) && points != problem.cols)
    return problem.emitError()
           << "mask grid has " << points << " points, expected one for each of "
           << problem.cols << " keys";
  for (auto [extent, mask] : llvm::zip_equal(getExtents(), getMasks()))
    if (failed(mask.verifyMask(getAxisProblem(problem, extent))))
      return failure();
  return success();
}

namespace {

/// The axes of a grid on their way to fewer.
struct Axes {
  SmallVector<int64_t> extents;
  SmallVector<MaskAttrInterface> masks;

  /// Neighbouring axes that keep everything are one, and one of a single point
  /// that keeps it none.
  void add(int64_t extent, MaskAttrInterface mask) {
    bool isFull = isa<FullMaskAttr>(mask);
    if (isFull && extent == 1)
      return;
    if (isFull && !masks.empty() && isa<FullMaskAttr>(masks.back())) {
      extents.back() *= extent;
      return;
    }
    extents.push_back(extent);
    masks.push_back(mask);
  }
};

} // namespace

Attribute GridMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MLIRContext *context = getContext();
  Axes axes;
  for (auto [extent, mask] : llvm::zip_equal(getExtents(), getMasks()))
    axes.add(extent, simplifyInner(mask, getAxisProblem(problem, extent)));
  if (llvm::any_of(axes.masks, llvm::IsaPred<EmptyMaskAttr>))
    return EmptyMaskAttr::get(context);
  auto isKnown = [](int64_t extent) { return !ShapedType::isDynamic(extent); };
  bool known = isKnown(problem.rows) && isKnown(problem.cols);
  bool isSquare =
      known && problem.positionsAreRows && problem.rows == problem.cols;
  bool isOnGrid = known && problem.rows <= problem.cols &&
                  (problem.positionsAreRows || problem.lastQueryAtLastKey);
  if (axes.masks.empty() ||
      llvm::all_of(axes.masks, llvm::IsaPred<FullMaskAttr>)) {
    if (isOnGrid)
      return FullMaskAttr::get(context);
    axes.extents = {getNumPoints(*this)};
    axes.masks = {FullMaskAttr::get(context)};
  }
  // Where rows are positions, and each of the grid: masks on one axis mean what
  // they mean on none, and rows of pixels are blocks.
  if (isSquare && axes.masks.size() == 1)
    return axes.masks.front();
  if (isSquare && axes.masks.size() == 2 && isa<FullMaskAttr>(axes.masks[1]))
    return BlockMaskAttr::get(context, axes.extents[1], axes.masks[0]);
  if (ArrayRef<int64_t>(axes.extents) == getExtents() &&
      ArrayRef<MaskAttrInterface>(axes.masks) == getMasks())
    return {};
  return GridMaskAttr::get(context, axes.extents, axes.masks);
}

/// Masks on the same grid meet axis by axis.
Attribute GridMaskAttr::intersectWith(Attribute other) const {
  auto grid = dyn_cast<GridMaskAttr>(other);
  if (!grid || grid.getExtents() != getExtents() ||
      grid.getMasks().size() != getMasks().size())
    return {};
  return GridMaskAttr::get(getContext(), getExtents(),
                           intersectEach(getMasks(), grid.getMasks()));
}

Attribute GridMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return GridMaskAttr::get(getContext(), getExtents(),
                           renumberList(getMasks(), renumber));
}

void GridMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  OpFoldResult rows = builder.numRows, cols = builder.numCols;
  auto restore = llvm::make_scope_exit([&]() {
    builder.numRows = rows;
    builder.numCols = cols;
  });
  OpFoldResult points = builder.constant(getNumPoints(*this));
  if (points != cols) {
    Value have = builder.materialize(points), want = builder.materialize(cols);
    builder.requireLessOrEqual(
        have, want,
        "mask grid has {0} points, expected one for each of {1} keys");
    builder.requireLessOrEqual(
        want, have,
        "mask grid has {1} points, expected one for each of {0} keys");
  }
  for (auto [extent, mask] : llvm::zip_equal(getExtents(), getMasks())) {
    builder.numRows = builder.numCols = builder.constant(extent);
    mask.buildOperandChecks(builder);
  }
}
