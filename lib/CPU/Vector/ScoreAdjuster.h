//===- ScoreAdjuster.h - what happens to a score ---------------*- C++ -*-===//
//
// Declares the clauses between the product of query and key and the softmax.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_SCOREADJUSTER_H
#define ATTN_LIB_CPU_VECTOR_SCOREADJUSTER_H

#include "Vector/Lanes.h"
#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// What a score of `step` becomes on its way to a weight.
struct WeightRule {
  explicit WeightRule(StepOp step);

  /// Weights are exp2(score - maximum), and are summed; else they are scores.
  bool isSoftmax;
  /// What scores in natural units are multiplied by: log2(e), or 1.
  double unit;
  /// The score of a pair that the mask drops, whose weight is 0.
  double dropped;
};

/// True if scores are more than the scaled product and a bias.
bool hasAdjustedScores(StepOp step);

/// True if scores can be summed up from the bias, which no softcap parts from
/// the product.
bool addsBiasToProduct(StepOp step);

/// The extent-1 dimensions of the bias serve every index: `index` for dimension
/// `dim` of the bias of `step`.
Value buildBiasIndex(IndexMath &math, StepOp step, unsigned dim, Value index);

/// A vector of scores after softcap, bias or score program, then the mask, in
/// the units of its rule. `bias` is that of the lanes in these units, or null
/// if the score holds it already; lanes stand for keys `key` and after, of
/// which `last` is the last (both on the key axis).
FailureOr<Value> buildAdjustedScore(VectorBuilder &b, Lanes &lanes, Value score,
                                    Value bias, Value key, Value last);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_SCOREADJUSTER_H
