//===- LowRankForms.h - what low-rank mechanisms become --------*- C++ -*-===//
//
// Declares the decompositions of attn-decompose-low-rank, one a mechanism.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_LOWRANKFORMS_H
#define ATTN_LIB_TRANSFORMS_LOWRANKFORMS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Softmax attention of `query` over `key` and `value`, where `mask` (all pairs
/// for null) keeps pairs.
Value buildAttention(OpBuilder &builder, Location loc, Value query, Value key,
                     Value value, FloatAttr scale,
                     MaskAttrInterface mask = nullptr,
                     ValueRange maskOperands = {}, AlignAttr align = nullptr);

/// The results of each mechanism by other ops.
Value decomposeLinformer(OpBuilder &builder, LinformerOp op);
SmallVector<Value> decomposeNystrom(OpBuilder &builder, NystromOp op);
Value decomposeLatent(OpBuilder &builder, LatentOp op);

/// The results of `op` by products and elimination, on tensors.
SmallVector<Value> buildPseudoInverse(OpBuilder &builder, PinvOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_LOWRANKFORMS_H
