//===- Grid.cpp - a mask for each axis of an image or a video -------------===//
//
// The mask `grid<[n1, …, nr], [A1, …, Ar], box [b1, …, br]>`.
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
  disjuncts.append(
      buildGridIntervals(builder, getExtents(), getMasks(), getBox()));
}

Value GridMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  // A query that stands beside the grid has coordinates that mean nothing.
  Value position = builder.getPosition();
  Value result =
      builder.both(builder.isLessOrEqual(builder.getConstant(0), position),
                   builder.isLessOrEqual(
                       position, builder.getConstant(getNumPoints(*this) - 1)));
  for (auto [axis, mask] :
       llvm::zip_equal(getGridAxes(getExtents(), getBox()), getMasks())) {
    AxisPredicate inner(builder, axis);
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
  if (!getBox().empty() && getBox().size() != getExtents().size())
    return problem.emitError()
           << "mask grid has " << getExtents().size() << " axes and a box of "
           << getBox().size() << ", expected an extent for each axis";
  for (auto [extent, size] : llvm::zip(getExtents(), getBox()))
    if (size < 1 || extent % size != 0)
      return problem.emitError()
             << "mask grid has boxes of " << size << " points on an axis of "
             << extent << ", expected a divisor of it";
  for (auto [extent, mask] : llvm::zip_equal(getExtents(), getMasks()))
    if (failed(mask.verifyMask(getAxisProblem(problem, extent))))
      return failure();
  return success();
}

namespace {

/// The axes of a grid on their way to fewer.
struct Axes {
  /// Where points come box by box, axes stay what they are.
  bool isBoxed;
  SmallVector<int64_t> extents;
  SmallVector<MaskAttrInterface> masks;

  /// Neighbouring axes that keep everything are one, and one of a single point
  /// that keeps it none.
  void add(int64_t extent, MaskAttrInterface mask) {
    bool isFull = isa<FullMaskAttr>(mask) && !isBoxed;
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

/// True if points that come box by box come as they would without boxes: these
/// are rows of points, planes, …
static bool isRasterOrder(ArrayRef<int64_t> extents, ArrayRef<int64_t> box) {
  auto first = llvm::find_if(box, [](int64_t size) { return size != 1; });
  if (first == box.end())
    return true;
  unsigned next = first - box.begin() + 1;
  return extents.drop_front(next) == box.drop_front(next);
}

Attribute GridMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MLIRContext *context = getContext();
  bool isRaster = isRasterOrder(getExtents(), getBox());
  ArrayRef<int64_t> box = isRaster ? ArrayRef<int64_t>() : getBox();
  Axes axes = {!isRaster, {}, {}};
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
    box = {};
  }
  // Where rows are positions, and each of the grid: masks on one axis mean what
  // they mean on none, and rows of pixels are blocks.
  if (isSquare && axes.masks.size() == 1)
    return axes.masks.front();
  if (isSquare && box.empty() && axes.masks.size() == 2 &&
      isa<FullMaskAttr>(axes.masks[1]))
    return BlockMaskAttr::get(context, axes.extents[1], axes.masks[0]);
  if (box == getBox() && ArrayRef<int64_t>(axes.extents) == getExtents() &&
      ArrayRef<MaskAttrInterface>(axes.masks) == getMasks())
    return {};
  return GridMaskAttr::get(context, axes.extents, axes.masks, box);
}

/// Masks on the same grid meet axis by axis.
Attribute GridMaskAttr::intersectWith(Attribute other) const {
  auto grid = dyn_cast<GridMaskAttr>(other);
  if (!grid || grid.getExtents() != getExtents() || grid.getBox() != getBox() ||
      grid.getMasks().size() != getMasks().size())
    return {};
  return GridMaskAttr::get(getContext(), getExtents(),
                           intersectEach(getMasks(), grid.getMasks()),
                           getBox());
}

Attribute GridMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return GridMaskAttr::get(getContext(), getExtents(),
                           renumberList(getMasks(), renumber), getBox());
}

void GridMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  OpFoldResult rows = builder.numRows, cols = builder.numCols;
  llvm::scope_exit restore([&]() {
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
