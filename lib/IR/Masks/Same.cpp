//===- Same.cpp - keys with the number of the query ---------------------===//
//
// The mask `same(%seg)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "TokenBounds.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

/// Equal numbers may stand anywhere, but only where their ranges meet, and they
/// are all equal where these are one number.
void SameMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  auto bounds = buildTokenBounds(builder, getSlot());
  if (!bounds)
    return disjuncts.push_back(buildScattered(builder));
  auto [rows, cols] = *bounds;
  auto [mayPass, mustPass] = buildAreAtMost(builder, rows, cols);
  auto [mayReach, mustReach] = buildAreAtMost(builder, cols, rows);
  auto both = [&](Value lhs, Value rhs) -> Value {
    return arith::AndIOp::create(builder.getBuilder(), builder.getLoc(), lhs,
                                 rhs);
  };
  Value may = both(mayPass, mayReach), must = both(mustPass, mustReach);
  disjuncts.push_back(buildAllOrNone(builder, may, must));
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

MaskTraits SameMaskAttr::getTraits() const { return getTraitsOfHoles(); }
