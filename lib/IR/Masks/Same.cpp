//===- Same.cpp - keys with the number of the query ---------------------===//
//
// The mask `same(%seg)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// Equal numbers may stand anywhere.
void SameMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(buildScattered(builder));
}

Value SameMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isEqual(builder.getElementOfRow(getSlot()),
                         builder.getElementOfCol(getSlot()));
}

LogicalResult SameMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyTokenOperand(problem, "same", getSlot());
}

Attribute SameMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return SameMaskAttr::get(getContext(), renumber(getSlot()));
}

void SameMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildTokenChecks(builder, "same", getSlot());
}
