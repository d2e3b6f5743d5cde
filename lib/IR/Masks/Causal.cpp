//===- Causal.cpp - keys up to the query ----------------------------------===//
//
// The mask `causal`.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnAttrs.h"

using namespace mlir;
using namespace mlir::attn;

void CausalMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  OpFoldResult zero = builder.constant(0);
  disjuncts.push_back({zero, builder.add(builder.lastPosition(), 1), zero,
                       builder.add(builder.firstPosition(), 1)});
}

Value CausalMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isLessOrEqual(builder.getCol(), builder.getPosition());
}

bool CausalMaskAttr::usesQueryPosition() const { return true; }

/// The first query sees the first key, and the last query sees every key where
/// it stands at the last.
Attribute CausalMaskAttr::simplifyMask(const MaskProblem &problem) const {
  bool oneKey = problem.positionsAreRows && problem.cols == 1;
  bool oneQuery = problem.rows == 1;
  if (oneKey || (oneQuery && problem.lastQueryAtLastKey))
    return FullMaskAttr::get(getContext());
  if (oneQuery && problem.positionsAreRows)
    return ColsMaskAttr::get(getContext(), 1);
  return {};
}

/// `causal` is `window<*, 0>`, and no window reaches further to the right.
Attribute CausalMaskAttr::intersectWith(Attribute other) const {
  if (auto window = dyn_cast<WindowMaskAttr>(other))
    return WindowMaskAttr::get(getContext(), window.getLeft(), 0);
  return {};
}
