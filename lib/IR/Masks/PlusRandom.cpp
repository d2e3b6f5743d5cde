//===- PlusRandom.cpp - a mask and random keys besides --------------------===//
//
// The mask `plus_random<r, seed, A>`, also `plus_random<r, seed, A, within B>`.
//
//===----------------------------------------------------------------------===//

#include "Draws.h"

using namespace mlir;
using namespace mlir::attn;

/// The keys of `within`, null for all, that `mask` drops.
static MaskAttrInterface getCandidates(MaskAttrInterface mask,
                                       MaskAttrInterface within) {
  MLIRContext *context = mask.getContext();
  MaskAttrInterface others = NotMaskAttr::get(context, mask);
  return within ? AllMaskAttr::get(context, {within, others}) : others;
}

MaskAttrInterface PlusRandomMaskAttr::getUnion() const {
  MaskAttrInterface drawn =
      RandomMaskAttr::get(getContext(), getCount(), getSeed(),
                          getCandidates(getMask(), getWithin()), getSlots());
  return AnyMaskAttr::get(getContext(), {getMask(), drawn});
}

void PlusRandomMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  getUnion().buildIntervals(builder, disjuncts);
}

/// Keys that the mask keeps may have any hash: what it drops is not asked.
Value PlusRandomMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value isDrawn = buildIsDrawn(builder, getDraw(*this));
  if (getWithin())
    isDrawn = builder.both(getWithin().buildContains(builder), isDrawn);
  return builder.either(getMask().buildContains(builder), isDrawn);
}

bool PlusRandomMaskAttr::usesQueryPosition() const {
  return getUnion().usesQueryPosition();
}

LogicalResult PlusRandomMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyDraw(problem, getDraw(*this))))
    return failure();
  if (getWithin() && failed(getWithin().verifyMask(problem)))
    return failure();
  return getMask().verifyMask(problem);
}

Attribute PlusRandomMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MLIRContext *context = getContext();
  MaskAttrInterface full = FullMaskAttr::get(context);
  MaskAttrInterface mask = simplifyInner(getMask(), problem);
  MaskAttrInterface within =
      getWithin() ? simplifyInner(getWithin(), problem) : full;
  if (isa<FullMaskAttr>(mask) || isa<EmptyMaskAttr>(within))
    return mask;
  if (isWholeExtent(getCount(), problem.cols))
    return AnyMaskAttr::get(context, {mask, within});
  if (isa<EmptyMaskAttr>(mask))
    return RandomMaskAttr::get(context, getCount(), getSeed(), within,
                               getSlots());
  if (within == full)
    within = {};
  if (mask == getMask() && within == getWithin())
    return {};
  return get(context, getCount(), getSeed(), mask, within, getSlots());
}

Attribute PlusRandomMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  auto renumbered = [&](MaskAttrInterface mask) {
    return mask ? cast<MaskAttrInterface>(mask.renumberSlots(renumber)) : mask;
  };
  return get(getContext(), getCount(), getSeed(), renumbered(getMask()),
             renumbered(getWithin()),
             llvm::map_to_vector(getSlots(), renumber));
}

void PlusRandomMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildDrawChecks(builder, getDraw(*this));
  getMask().buildOperandChecks(builder);
  if (getWithin())
    getWithin().buildOperandChecks(builder);
}

Attribute PlusRandomMaskAttr::buildTables(MaskTableBuilder &builder) const {
  auto mask = cast<PlusRandomMaskAttr>(buildTablesInside(*this, builder));
  if (!getSlots().empty())
    return mask;
  unsigned slot = buildLimits(builder, getDraw(mask),
                              getCandidates(mask.getMask(), mask.getWithin()));
  return get(getContext(), getCount(), getSeed(), mask.getMask(),
             mask.getWithin(), {slot});
}

MaskTraits PlusRandomMaskAttr::getTraits() const { return getTraitsOfDraw(); }
