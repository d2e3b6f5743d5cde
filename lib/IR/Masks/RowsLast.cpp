//===- RowsLast.cpp - every key for the last n queries --------------------===//
//
// The mask `rows_last<n>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// The range sees every key if one of its rows is among the last n, and must
/// see every key if its first row is.
void RowsLastMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  OpFoldResult zero = builder.constant(0);
  OpFoldResult first = builder.add(builder.numRows, -getExtent());
  OpFoldResult may =
      builder.selectLess(first, builder.rowEnd, builder.numCols, zero);
  OpFoldResult must = builder.selectLess(
      first, builder.add(builder.rowBegin, 1), builder.numCols, zero);
  disjuncts.push_back({zero, may, zero, must});
}

Value RowsLastMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value first =
      builder.sub(builder.getNumRows(), builder.getConstant(getExtent()));
  return builder.isLessOrEqual(first, builder.getRow());
}

LogicalResult RowsLastMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyExtent(problem, "rows_last", getExtent());
}

Attribute RowsLastMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (isWholeExtent(getExtent(), problem.rows))
    return FullMaskAttr::get(getContext());
  return {};
}

Attribute RowsLastMaskAttr::intersectWith(Attribute other) const {
  return intersectNested(*this, other);
}
