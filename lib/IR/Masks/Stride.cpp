//===- Stride.cpp - every s-th key, counted back from the query -----------===//
//
// The mask `stride<s>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

/// The rows are no intervals: any key may be seen, none need be. Of a range of
/// keys none is if no multiple of s is among the distances to its ends.
void StrideMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  if (getExtent() == 1)
    return disjuncts.push_back(
        MaskIntervalBuilder::always(builder.constant(0), builder.numCols));
  MaskDisjunct disjunct = buildScattered(builder);
  if (builder.colBegin) {
    OpFoldResult least = builder.sub(builder.firstPosition(), builder.colEnd);
    OpFoldResult most = builder.sub(builder.lastPosition(), builder.colBegin);
    OpFoldResult multiple =
        builder.mul(builder.floorDiv(most, getExtent()), getExtent());
    disjunct.mayHi =
        builder.selectLess(least, multiple, disjunct.mayHi, disjunct.mayLo);
  }
  disjuncts.push_back(disjunct);
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

MaskTraits StrideMaskAttr::getTraits() const {
  return getTraitsOfHoles(getExtent() - 1);
}
