//===- Order.cpp - keys no later than the query in some order -----------===//
//
// The mask `order(%rank)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// Ranks may be in any order.
void OrderMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(buildScattered(builder));
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
