//===- KeyRange.cpp - the keys of a block that queries may see ------------===//
//
// Takes the hull of a mask's intervals for the queries of a panel.
//
//===----------------------------------------------------------------------===//

#include "Vector/KeyRange.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

KeyRange attn::buildKeyRange(IndexMath &math, StepOp step, Value numKeys,
                             OpFoldResult rowBegin, OpFoldResult rowEnd) {
  OpFoldResult zero = math.constant(0);
  if (!step.getMaskAttr() || step.getKeyPlaces())
    return {math.materialize(zero), numKeys};
  SmallVector<MaskDisjunct> disjuncts =
      step.buildDisjuncts(math, rowBegin, rowEnd);
  OpFoldResult lo = zero, hi = zero;
  for (auto [k, d] : llvm::enumerate(disjuncts)) {
    // An empty disjunct must not widen the hull.
    OpFoldResult dLo = math.max(d.mayLo, zero);
    OpFoldResult dHi = d.mayHi;
    if (k == 0) {
      lo = dLo;
      hi = dHi;
      continue;
    }
    OpFoldResult joinedLo = math.min(lo, dLo), joinedHi = math.max(hi, dHi);
    OpFoldResult withLo = math.selectLess(lo, hi, joinedLo, dLo);
    OpFoldResult withHi = math.selectLess(lo, hi, joinedHi, dHi);
    lo = math.selectLess(dLo, dHi, withLo, lo);
    hi = math.selectLess(dLo, dHi, withHi, hi);
  }
  OpFoldResult first = step.getCol();
  return {math.materialize(math.max(math.sub(lo, first), zero)),
          math.materialize(math.min(math.sub(hi, first), numKeys))};
}

Value attn::buildKeyPlace(IndexMath &math, StepOp step, Value key) {
  if (step.getKeyPlaces())
    return buildLoadIndex(math, step.getKeyPlaces(), OpFoldResult(key));
  return math.materialize(math.add(step.getCol(), OpFoldResult(key)));
}
