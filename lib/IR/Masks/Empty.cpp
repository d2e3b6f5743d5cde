//===- Empty.cpp - no pair ------------------------------------------------===//
//
// The mask `empty`.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnAttrs.h"

using namespace mlir;
using namespace mlir::attn;

/// No disjunct holds a key.
void EmptyMaskAttr::buildIntervals(MaskIntervalBuilder &,
                                   SmallVectorImpl<MaskDisjunct> &) const {}

Value EmptyMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.getBool(false);
}

int64_t EmptyMaskAttr::getUnit() const { return 0; }
