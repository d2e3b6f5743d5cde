//===- Random.cpp - random keys -------------------------------------------===//
//
// The mask `random<r, seed>`, also `random<r, seed, within A>`.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "Draws.h"

using namespace mlir;
using namespace mlir::attn;

/// Any candidate may be drawn, none must.
void RandomMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  if (!getWithin()) {
    disjuncts.push_back(buildScattered(builder));
    return;
  }
  OpFoldResult zero = builder.constant(0);
  DisjunctList inner;
  getWithin().buildIntervals(builder, inner);
  for (const MaskDisjunct &d : inner)
    disjuncts.push_back({d.mayLo, d.mayHi, zero, zero});
}

Value RandomMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value isDrawn = buildIsDrawn(builder, getDraw(*this));
  if (!getWithin())
    return isDrawn;
  return builder.both(getWithin().buildContains(builder), isDrawn);
}

bool RandomMaskAttr::usesQueryPosition() const {
  return getWithin() && getWithin().usesQueryPosition();
}

LogicalResult RandomMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyDraw(problem, getDraw(*this))))
    return failure();
  if (getWithin())
    return getWithin().verifyMask(problem);
  if (!ShapedType::isDynamic(problem.cols) && getCount() > problem.cols)
    return problem.emitError()
           << "mask random draws " << getCount() << " of " << problem.cols
           << " keys, expected no more than there are";
  return success();
}

/// All candidates are drawn where keys are no more than what is drawn.
Attribute RandomMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MLIRContext *context = getContext();
  bool drawsAll = isWholeExtent(getCount(), problem.cols);
  if (!getWithin())
    return drawsAll ? FullMaskAttr::get(context) : Attribute();
  MaskAttrInterface within = simplifyInner(getWithin(), problem);
  if (drawsAll || isa<EmptyMaskAttr>(within))
    return within;
  // Without candidates named, they must be known to suffice.
  if (isa<FullMaskAttr>(within) && !ShapedType::isDynamic(problem.cols))
    within = {};
  if (within == getWithin())
    return {};
  return get(context, getCount(), getSeed(), within, getSlots());
}

Attribute RandomMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  MaskAttrInterface within = getWithin();
  if (within)
    within = cast<MaskAttrInterface>(within.renumberSlots(renumber));
  return get(getContext(), getCount(), getSeed(), within,
             llvm::map_to_vector(getSlots(), renumber));
}

void RandomMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildDrawChecks(builder, getDraw(*this));
  if (getWithin())
    return getWithin().buildOperandChecks(builder);
  builder.requireLessOrEqual(
      builder.materialize(builder.constant(getCount())),
      builder.materialize(builder.numCols),
      "mask random draws {0} of {1} keys, expected no more than there are");
}

Attribute RandomMaskAttr::buildTables(MaskTableBuilder &builder) const {
  if (!getSlots().empty())
    return buildTablesInside(*this, builder);
  MaskAttrInterface within = getWithin(),
                    candidates = FullMaskAttr::get(getContext());
  if (within)
    candidates = within = cast<MaskAttrInterface>(within.buildTables(builder));
  return get(getContext(), getCount(), getSeed(), within,
             {buildLimits(builder, getDraw(*this), candidates)});
}

MaskTraits RandomMaskAttr::getTraits() const { return getTraitsOfDraw(); }
