//===- NaiveLowRank.h - low-rank attention on whole tensors ----*- C++ -*-===//
//
// Declares low-rank attention as its formulas say it: the oracle. All tensors
// are of the type that is computed in.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVELOWRANK_H
#define ATTN_LIB_TRANSFORMS_NAIVELOWRANK_H

#include "NaiveAttention.h"

namespace mlir::attn {

/// The product of `lhs` `[(B, H,) M, C]` and `rhs` `[(B, H,) C, N]` for each of
/// `leading`, the batches (if any) and heads of the result. Fewer heads serve
/// several each.
Value buildNaiveProduct(OpBuilder &builder, Location loc, Value lhs, Value rhs,
                        ArrayRef<OpFoldResult> leading);

/// `attn.head_product` of the two operands.
Value buildNaiveHeadProduct(OpBuilder &builder, HeadProductOp op, Value lhs,
                            Value rhs);

/// `attn.compress segment_mean(count)`: a matrix of shares of rows, times them.
Value buildNaiveSegments(OpBuilder &builder, Location loc, Value input,
                         Value lens, int64_t count);

/// `attn.compress matrix`.
Value buildNaiveMixture(OpBuilder &builder, Location loc, Value matrix,
                        Value input);

/// `attn.pinv`: the result and its residual.
std::pair<Value, Value> buildNaivePinv(OpBuilder &builder, Location loc,
                                       Value input,
                                       std::optional<uint64_t> iters);

/// Attention without a mask for operands of `op`.
Value buildPlainAttention(OpBuilder &builder, Operation *op, Value query,
                          Value key, Value value, FloatAttr scale);

/// `attn.linformer` of the five operands.
Value buildNaiveLinformer(OpBuilder &builder, LinformerOp op,
                          ValueRange operands);

/// `attn.nystrom` of query, key, value and skip (or null): out and residual.
std::pair<Value, Value> buildNaiveNystrom(OpBuilder &builder, NystromOp op,
                                          Value query, Value key, Value value,
                                          Value skip);

/// `attn.latent` of q_nope, q_rope, latent, w_uk, w_uv and rope (or null), with
/// the keys and values of each head made, whatever the form.
Value buildNaiveLatent(OpBuilder &builder, LatentOp op,
                       ArrayRef<Value> operands);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVELOWRANK_H
