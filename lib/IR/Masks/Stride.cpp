//===- Stride.cpp - every s-th key, counted back from the query -----------===//
//
// The mask `stride<s>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

/// The rows are no intervals: any key may be seen, none need be.
void StrideMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(
      getExtent() == 1
          ? MaskIntervalBuilder::always(builder.constant(0), builder.numCols)
          : buildScattered(builder));
}

Value StrideMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value distance = builder.sub(builder.getPosition(), builder.getCol());
  return builder.isEqual(builder.floorMod(distance, getExtent()),
                         builder.getConstant(0));
}

bool StrideMaskAttr::usesQueryPosition() const { return getExtent() != 1; }

LogicalResult StrideMaskAttr::verifyMask(const MaskProblem &problem) const {
  return verifyExtent(problem, "stride", getExtent());
}

Attribute StrideMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (getExtent() == 1)
    return FullMaskAttr::get(getContext());
  return {};
}

/// Distances that both divide are those that the least common multiple does.
Attribute StrideMaskAttr::intersectWith(Attribute other) const {
  auto stride = dyn_cast<StrideMaskAttr>(other);
  if (!stride)
    return {};
  int64_t both = std::lcm(getExtent(), stride.getExtent());
  return both <= kMaxMaskExtent ? StrideMaskAttr::get(getContext(), both)
                                : Attribute();
}
