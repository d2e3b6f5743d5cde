//===- Full.cpp - every pair ----------------------------------------------===//
//
// The mask `full`.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnAttrs.h"

using namespace mlir;
using namespace mlir::attn;

void FullMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(
      MaskIntervalBuilder::always(builder.constant(0), builder.numCols));
}

Value FullMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.getBool(true);
}

int64_t FullMaskAttr::getUnit() const { return 0; }
