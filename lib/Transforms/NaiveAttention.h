//===- NaiveAttention.h - softmax attention on whole tensors ---*- C++ -*-===//
//
// Declares the builders of attention as its formula says it: scores, mask,
// softmax and product one after the other, M x N elements each.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVEATTENTION_H
#define ATTN_LIB_TRANSFORMS_NAIVEATTENTION_H

#include "attn/IR/ScoreClauses.h"

namespace mlir::attn {

/// `exp(s - lse)`, `[B, H, M, N]`, for the query and the key of `clauses` (of
/// any type), computed in `compute` and rounded to `element`.
Value buildNaiveWeights(OpBuilder &builder, Location loc,
                        const ScoreClauses &clauses, FloatType compute,
                        FloatType element);

/// The two results of `attn.sdpa`; the second means nothing without softmax.
struct NaiveResults {
  Value out, lse;
};

/// Attention, with a softmax or by the scores themselves, for the query and the
/// key of `clauses` and for `value` with a scale for each row (null for none),
/// computed in `compute`, in which both results are.
NaiveResults buildNaiveAttention(OpBuilder &builder, Location loc,
                                 const ScoreClauses &clauses, Value value,
                                 Value valueScale, FloatType compute,
                                 bool isSoftmax = true);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVEATTENTION_H
