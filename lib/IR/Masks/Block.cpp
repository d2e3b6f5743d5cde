//===- Block.cpp - a mask on blocks of queries and keys -------------------===//
//
// The mask `block<b, A>`.
//
//===----------------------------------------------------------------------===//

#include "Axis.h"
#include "Rules.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// A block of keys is seen iff all its keys are, so that the intervals are
/// those of the inner mask times b, and as exact. The blocks of a range of
/// queries are those from the first query's to the last one's.
void BlockMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  int64_t size = getExtent();
  MaskIntervalBuilder inner = builder;
  inner.rowBegin = builder.floorDiv(builder.rowBegin, size);
  inner.rowEnd = builder.ceilDiv(builder.rowEnd, size);
  inner.setPositions(builder.floorDiv(builder.firstPosition(), size),
                     builder.floorDiv(builder.lastPosition(), size));
  inner.numRows = builder.ceilDiv(builder.numRows, size);
  inner.numCols = builder.ceilDiv(builder.numCols, size);
  if (builder.colBegin) {
    inner.colBegin = builder.floorDiv(builder.colBegin, size);
    inner.colEnd = builder.ceilDiv(builder.colEnd, size);
  }
  DisjunctList blocks;
  getMask().buildIntervals(inner, blocks);
  auto scale = [&](OpFoldResult end) {
    return end == inner.numCols ? builder.numCols : builder.mul(end, size);
  };
  for (const MaskDisjunct &d : clampDisjuncts(builder, blocks, inner.numCols))
    disjuncts.push_back(
        {scale(d.mayLo), scale(d.mayHi), scale(d.mustLo), scale(d.mustHi)});
}

Value BlockMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  AxisPredicate inner(builder, {getExtent()});
  return getMask().buildContains(inner);
}

bool BlockMaskAttr::usesQueryPosition() const {
  return getMask().usesQueryPosition();
}

/// `problem` in blocks.
static MaskProblem getBlockProblem(MaskProblem problem, int64_t size) {
  auto isKnown = [](int64_t extent) { return !ShapedType::isDynamic(extent); };
  bool known = isKnown(problem.rows) && isKnown(problem.cols);
  // Blocks of rows and of positions begin together, or the last block of
  // queries is not as long as the last block of rows.
  bool aligned = problem.positionsAreRows ||
                 (known && (problem.cols - problem.rows) % size == 0);
  problem.lastQueryAtLastKey &= aligned;
  for (int64_t *extent : {&problem.rows, &problem.cols})
    if (isKnown(*extent))
      *extent = llvm::divideCeil(*extent, size);
  return problem;
}

LogicalResult BlockMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyExtent(problem, "block", getExtent())))
    return failure();
  return getMask().verifyMask(getBlockProblem(problem, getExtent()));
}

Attribute BlockMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MaskAttrInterface inner =
      simplifyInner(getMask(), getBlockProblem(problem, getExtent()));
  if (getExtent() == 1 || isa<FullMaskAttr, EmptyMaskAttr>(inner))
    return inner;
  if (auto block = dyn_cast<BlockMaskAttr>(inner))
    if (getExtent() * block.getExtent() <= kMaxMaskExtent)
      return BlockMaskAttr::get(getContext(), getExtent() * block.getExtent(),
                                block.getMask());
  if (inner != getMask())
    return BlockMaskAttr::get(getContext(), getExtent(), inner);
  return {};
}

/// Masks on the same blocks meet on these.
Attribute BlockMaskAttr::intersectWith(Attribute other) const {
  auto block = dyn_cast<BlockMaskAttr>(other);
  if (!block || block.getExtent() != getExtent())
    return {};
  return BlockMaskAttr::get(
      getContext(), getExtent(),
      AllMaskAttr::get(getContext(), {getMask(), block.getMask()}));
}

Attribute BlockMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return BlockMaskAttr::get(
      getContext(), getExtent(),
      cast<MaskAttrInterface>(getMask().renumberSlots(renumber)));
}

/// Blocks of blocks are as large as both extents together. Larger ones than a
/// problem can be are all alike.
Attribute BlockMaskAttr::buildTables(MaskTableBuilder &builder) const {
  int64_t unit = builder.unit;
  llvm::scope_exit restore([&]() { builder.unit = unit; });
  builder.unit = std::min(unit * getExtent(), kMaxMaskExtent);
  return buildTablesInside(*this, builder);
}

void BlockMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  OpFoldResult rows = builder.numRows, cols = builder.numCols;
  llvm::scope_exit restore([&]() {
    builder.numRows = rows;
    builder.numCols = cols;
  });
  builder.numRows = builder.ceilDiv(rows, getExtent());
  builder.numCols = builder.ceilDiv(cols, getExtent());
  getMask().buildOperandChecks(builder);
}

int64_t BlockMaskAttr::getUnit() const {
  // Any divisor of a unit is one.
  int64_t unit;
  return llvm::MulOverflow(getExtent(), getMask().getUnit(), unit) ? getExtent()
                                                                   : unit;
}

MaskTraits BlockMaskAttr::getTraits() const {
  int64_t hole = 0;
  getMask().walk([&](MaskAttrInterface inner) {
    hole = std::max(hole, inner.getTraits().hole);
  });
  if (llvm::MulOverflow(hole, getExtent(), hole))
    hole = MaskTraits::kAnyHole;
  return getTraitsOfHoles(hole);
}
