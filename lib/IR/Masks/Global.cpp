//===- Global.cpp - pairs of a marked query or key ----------------------===//
//
// The mask `global(%flag)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// Marks may stand anywhere.
void GlobalMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(buildScattered(builder));
}

Value GlobalMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value zero = builder.getConstant(0);
  Value row = builder.isEqual(builder.getElementOfRow(getSlot()), zero);
  Value col = builder.isEqual(builder.getElementOfCol(getSlot()), zero);
  return builder.negate(builder.both(row, col));
}

LogicalResult GlobalMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyTokenOperand(problem, "global", getSlot());
}

Attribute GlobalMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return GlobalMaskAttr::get(getContext(), renumber(getSlot()));
}

void GlobalMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildTokenChecks(builder, "global", getSlot());
}
