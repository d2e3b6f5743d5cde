//===- Global.cpp - pairs of a marked query or key ----------------------===//
//
// The mask `global(%flag)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "TokenBounds.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

/// Marks may stand anywhere, if there are any, and every pair has one if all
/// queries or all keys do.
void GlobalMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  auto bounds = buildTokenBounds(builder, getSlot(), /*marks=*/true);
  if (!bounds)
    return disjuncts.push_back(buildScattered(builder));
  auto [rows, cols] = *bounds;
  OpBuilder &b = builder.getBuilder();
  Location loc = builder.getLoc();
  auto anyIsOne = [&](Value lhs, Value rhs) -> Value {
    Value one = arith::ConstantIntOp::create(b, loc, 1, 32);
    Value greatest = arith::MaxSIOp::create(b, loc, lhs, rhs);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, greatest,
                                 one);
  };
  Value may = anyIsOne(rows.greatest, cols.greatest);
  Value must = anyIsOne(rows.least, cols.least);
  disjuncts.push_back(buildAllOrNone(builder, may, must));
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

MaskTraits GlobalMaskAttr::getTraits() const { return getTraitsOfHoles(); }
