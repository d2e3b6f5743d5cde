//===- Not.cpp - pairs that a mask drops ----------------------------------===//
//
// The mask `not(A)`.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

void NotMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  DisjunctList inner;
  getMask().buildIntervals(builder, inner);
  disjuncts.append(complementDisjuncts(builder, inner));
}

Value NotMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.negate(getMask().buildContains(builder));
}

bool NotMaskAttr::usesQueryPosition() const {
  return getMask().usesQueryPosition();
}

LogicalResult NotMaskAttr::verifyMask(const MaskProblem &problem) const {
  return getMask().verifyMask(problem);
}

/// Negation moves inwards until it stands at masks that are not made of masks.
Attribute NotMaskAttr::simplifyMask(const MaskProblem &problem) const {
  MLIRContext *context = getContext();
  MaskAttrInterface mask = getMask();
  auto negateEach = [&](ArrayRef<MaskAttrInterface> masks) {
    SmallVector<MaskAttrInterface> result;
    for (MaskAttrInterface inner : masks)
      result.push_back(NotMaskAttr::get(context, inner));
    return result;
  };
  if (auto negated = dyn_cast<NotMaskAttr>(mask))
    return negated.getMask();
  if (isa<FullMaskAttr>(mask))
    return EmptyMaskAttr::get(context);
  if (isa<EmptyMaskAttr>(mask))
    return FullMaskAttr::get(context);
  // What the list itself comes to is worth more than its parts.
  if (Attribute simpler = mask.simplifyMask(problem))
    return NotMaskAttr::get(context, cast<MaskAttrInterface>(simpler));
  if (auto all = dyn_cast<AllMaskAttr>(mask))
    return AnyMaskAttr::get(context, negateEach(all.getMasks()));
  if (auto any = dyn_cast<AnyMaskAttr>(mask))
    return AllMaskAttr::get(context, negateEach(any.getMasks()));
  if (auto perHead = dyn_cast<PerHeadMaskAttr>(mask))
    return PerHeadMaskAttr::get(context, negateEach(perHead.getMasks()));
  if (auto block = dyn_cast<BlockMaskAttr>(mask))
    return BlockMaskAttr::get(context, block.getExtent(),
                              NotMaskAttr::get(context, block.getMask()));
  return {};
}

Attribute NotMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return NotMaskAttr::get(
      getContext(), cast<MaskAttrInterface>(getMask().renumberSlots(renumber)));
}

void NotMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  getMask().buildOperandChecks(builder);
}

int64_t NotMaskAttr::getUnit() const { return getMask().getUnit(); }
