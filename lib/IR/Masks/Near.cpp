//===- Near.cpp - the k nearest keys, also at the borders -----------------===//
//
// The mask `near<k>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

void NearMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  // Rows are [s, s + k), and s never goes back.
  OpFoldResult zero = builder.constant(0);
  OpFoldResult highest =
      builder.max(builder.add(builder.numCols, -getExtent()), zero);
  auto start = [&](OpFoldResult position) {
    OpFoldResult centred = builder.add(position, -(getExtent() / 2));
    return builder.min(builder.max(centred, zero), highest);
  };
  OpFoldResult first = start(builder.firstPosition());
  OpFoldResult last = start(builder.lastPosition());
  disjuncts.push_back({first, builder.add(last, getExtent()), last,
                       builder.add(first, getExtent())});
}

Value NearMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value zero = builder.getConstant(0);
  Value extent = builder.getConstant(getExtent());
  Value highest = builder.max(builder.sub(builder.getNumCols(), extent), zero);
  Value centred =
      builder.sub(builder.getPosition(), builder.getConstant(getExtent() / 2));
  Value start = builder.min(builder.max(centred, zero), highest);
  return builder.both(
      builder.isLessOrEqual(start, builder.getCol()),
      builder.isLess(builder.sub(builder.getCol(), start), extent));
}

bool NearMaskAttr::usesQueryPosition() const { return true; }

LogicalResult NearMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyExtent(problem, "near", getExtent())))
    return failure();
  if (problem.isGridAxis && getExtent() % 2 == 0)
    return problem.emitError()
           << "mask near<" << getExtent()
           << "> on an axis of a grid has no middle, expected an odd extent";
  if (problem.isGridAxis && getExtent() > problem.cols)
    return problem.emitError()
           << "mask near<" << getExtent() << "> keeps more keys than its axis "
           << "of a grid has points, expected at most " << problem.cols;
  if (!ShapedType::isDynamic(problem.cols) && getExtent() > problem.cols)
    return problem.emitError() << "mask near<" << getExtent()
                               << "> keeps more keys than N = " << problem.cols
                               << ", expected at most N";
  return success();
}

Attribute NearMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (isWholeExtent(getExtent(), problem.cols))
    return FullMaskAttr::get(getContext());
  return {};
}

/// The k nearest keys are among the k + 1 nearest, at the borders too.
Attribute NearMaskAttr::intersectWith(Attribute other) const {
  return intersectNested(*this, other);
}
