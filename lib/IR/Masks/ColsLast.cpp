//===- ColsLast.cpp - the last n keys -------------------------------------===//
//
// The mask `cols_last<n>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

void ColsLastMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(MaskIntervalBuilder::always(
      builder.add(builder.numCols, -getExtent()), builder.numCols));
}

Value ColsLastMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value first =
      builder.sub(builder.getNumCols(), builder.getConstant(getExtent()));
  return builder.isLessOrEqual(first, builder.getCol());
}

LogicalResult ColsLastMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyExtent(problem, "cols_last", getExtent());
}

Attribute ColsLastMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (isWholeExtent(getExtent(), problem.cols))
    return FullMaskAttr::get(getContext());
  return {};
}

Attribute ColsLastMaskAttr::intersectWith(Attribute other) const {
  return intersectNested(*this, other);
}
