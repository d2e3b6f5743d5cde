//===- Rows.cpp - every key for the first n queries -----------------------===//
//
// The mask `rows<n>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// The range sees every key if one of its rows is among the first n, and must
/// see every key if its last row is.
void RowsMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  OpFoldResult zero = builder.constant(0);
  OpFoldResult may = builder.selectLess(
      builder.rowBegin, builder.constant(getExtent()), builder.numCols, zero);
  OpFoldResult must = builder.selectLess(
      builder.rowEnd, builder.constant(getExtent() + 1), builder.numCols, zero);
  disjuncts.push_back({zero, may, zero, must});
}

Value RowsMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isLess(builder.getRow(), builder.getConstant(getExtent()));
}

LogicalResult RowsMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyExtent(problem, "rows", getExtent());
}

Attribute RowsMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (isWholeExtent(getExtent(), problem.rows))
    return FullMaskAttr::get(getContext());
  return {};
}

Attribute RowsMaskAttr::intersectWith(Attribute other) const {
  return intersectNested(*this, other);
}
