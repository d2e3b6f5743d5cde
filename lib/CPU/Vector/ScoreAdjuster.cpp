//===- ScoreAdjuster.cpp - what happens to a score ------------------------===//
//
// Builds softcap, bias, score program and mask on vectors of scores.
//
//===----------------------------------------------------------------------===//

#include "Vector/ScoreAdjuster.h"
#include "Lowering.h"
#include "Vector/ScoreVectorizer.h"
#include "Vector/VectorMaskPredicate.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

WeightRule::WeightRule(StepOp step)
    : isSoftmax(!step.getUnnormalized()), unit(isSoftmax ? kLog2E : 1.0),
      dropped(isSoftmax ? -std::numeric_limits<double>::infinity() : 0.0) {}

bool attn::hasAdjustedScores(StepOp step) {
  return step.getMaskAttr() || step.getSoftcapAttr() ||
         !step.getScore().empty();
}

bool attn::addsBiasToProduct(StepOp step) {
  return step.getBias() && !step.getSoftcapAttr();
}

Value attn::buildBiasIndex(IndexMath &math, StepOp step, unsigned dim,
                           Value index) {
  OpFoldResult size = memref::getMixedSize(math.getBuilder(), math.getLoc(),
                                           step.getBias(), dim);
  if (isConstantIntValue(size, 1))
    return math.materialize(math.constant(0));
  if (getConstantIntValue(size))
    return index;
  return math.materialize(math.min(index, math.add(size, -1)));
}

FailureOr<Value> attn::buildAdjustedScore(VectorBuilder &b, Lanes &lanes,
                                          Value score, Value bias, Value key,
                                          Value last) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  StepOp step = lanes.getStep();
  WeightRule rule(step);
  if (FloatAttr softcap = step.getSoftcapAttr()) {
    double cap = softcap.getValueAsDouble();
    Value ratio = b.mulf(score, b.splat(1 / cap));
    Value bounded = math::TanhOp::create(builder, loc, ratio);
    score = b.mulf(bounded, b.splat(cap * rule.unit));
  }
  if (bias)
    score = b.addf(score, bias);
  if (!step.getScore().empty()) {
    FailureOr<Value> program = vectorizeScore(
        builder, step.getScore(),
        {score, step.getBatch(), lanes.getHeads(), lanes.getPositions(),
         lanes.buildKeys(builder, key, last, builder.getIndexType()),
         lanes.areQueriesInOrder()});
    if (failed(program))
      return failure();
    score = b.mulf(*program, b.splat(rule.unit));
  }
  if (MaskAttrInterface mask = step.getMaskAttr()) {
    VectorMaskPredicate predicate(builder, lanes, key, last);
    Value keep = mask.buildContains(predicate);
    score = arith::SelectOp::create(builder, loc, keep, score,
                                    b.splat(rule.dropped));
  }
  return score;
}
