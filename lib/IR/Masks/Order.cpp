//===- Order.cpp - keys no later than the query in some order -----------===//
//
// The mask `order(%rank)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "TokenBounds.h"

using namespace mlir;
using namespace mlir::attn;

/// Ranks may be in any order, but none is seen if the least is too great, and
/// all are if the greatest is not.
void OrderMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  auto bounds = buildTokenBounds(builder, getSlot());
  if (!bounds)
    return disjuncts.push_back(buildScattered(builder));
  auto [may, must] = buildAreAtMost(builder, bounds->second, bounds->first);
  disjuncts.push_back(buildAllOrNone(builder, may, must));
}

Value OrderMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isLessOrEqual(builder.getElementOfCol(getSlot()),
                               builder.getElementOfRow(getSlot()));
}

LogicalResult OrderMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyTokenOperand(problem, "order", getSlot());
}

Attribute OrderMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return OrderMaskAttr::get(getContext(), renumber(getSlot()));
}

void OrderMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildTokenChecks(builder, "order", getSlot());
}

MaskTraits OrderMaskAttr::getTraits() const { return getTraitsOfHoles(); }
