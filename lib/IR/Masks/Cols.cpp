//===- Cols.cpp - the first n keys ----------------------------------------===//
//
// The mask `cols<n>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

void ColsMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(MaskIntervalBuilder::always(
      builder.constant(0), builder.constant(getExtent())));
}

Value ColsMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isLess(builder.getCol(), builder.getConstant(getExtent()));
}

LogicalResult ColsMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyExtent(problem, "cols", getExtent());
}

Attribute ColsMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (isWholeExtent(getExtent(), problem.cols))
    return FullMaskAttr::get(getContext());
  return {};
}

Attribute ColsMaskAttr::intersectWith(Attribute other) const {
  return intersectNested(*this, other);
}
