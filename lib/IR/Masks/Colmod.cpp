//===- Colmod.cpp - the last c of every s keys ----------------------------===//
//
// The mask `colmod<s, c>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

/// The rows are no intervals: any key may be seen, none need be. Of a range of
/// keys the first that is seen is c before the end of its s keys or later; all
/// are if that is the first of the range, and the range ends with those keys.
void ColmodMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  if (getCount() == getStride())
    return disjuncts.push_back(
        MaskIntervalBuilder::always(builder.constant(0), builder.numCols));
  MaskDisjunct disjunct = buildScattered(builder);
  if (builder.colBegin) {
    OpFoldResult group = builder.mul(
        builder.floorDiv(builder.colBegin, getStride()), getStride());
    OpFoldResult seen = builder.add(group, getStride() - getCount());
    OpFoldResult none = disjunct.mayLo, all = disjunct.mayHi;
    disjunct.mayHi = builder.selectLess(builder.max(seen, builder.colBegin),
                                        builder.colEnd, all, none);
    OpFoldResult toEnd = builder.selectLess(builder.add(group, getStride()),
                                            builder.colEnd, none, all);
    disjunct.mustHi = builder.selectLess(builder.colBegin, seen, none, toEnd);
  }
  disjuncts.push_back(disjunct);
}

Value ColmodMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  // The place within its s keys is s - c or beyond, counted from their end.
  Value place = builder.floorMod(builder.getCol(), getStride());
  return builder.isLess(builder.getConstant(getStride() - getCount() - 1),
                        place);
}

LogicalResult ColmodMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyExtent(problem, "colmod", getStride())))
    return failure();
  if (getCount() < 1 || getCount() > getStride())
    return problem.emitError()
           << "mask colmod<" << getStride() << ", " << getCount() << "> keeps "
           << getCount() << " of every " << getStride()
           << " keys, expected 1 to " << getStride();
  return success();
}

Attribute ColmodMaskAttr::simplifyMask(const MaskProblem &problem) const {
  if (getCount() == getStride())
    return FullMaskAttr::get(getContext());
  return {};
}

Attribute ColmodMaskAttr::intersectWith(Attribute other) const {
  auto same = dyn_cast<ColmodMaskAttr>(other);
  if (!same || same.getStride() != getStride())
    return {};
  return getCount() <= same.getCount() ? *this : same;
}

MaskTraits ColmodMaskAttr::getTraits() const {
  return getTraitsOfHoles(getStride() - getCount());
}
