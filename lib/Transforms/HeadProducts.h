//===- HeadProducts.h - products and copies head by head -------*- C++ -*-===//
//
// Declares what low-rank attention is built of beside softmax attention.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_HEADPRODUCTS_H
#define ATTN_LIB_TRANSFORMS_HEADPRODUCTS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// `diagonal I + factor lhs rhs` of `sizes`, of the element type of `lhs`.
Value buildHeadProduct(OpBuilder &builder, Location loc, Value lhs, Value rhs,
                       ArrayRef<OpFoldResult> sizes, double factor = 1,
                       double diagonal = 0);

/// `lhs rhsᵀ` of `sizes`.
Value buildTransposedProduct(OpBuilder &builder, Location loc, Value lhs,
                             Value rhs, ArrayRef<OpFoldResult> sizes);

/// `tensor` as `element`, in a grid over blocks of its rows; itself if it is.
Value buildRowwiseCast(OpBuilder &builder, Location loc, Value tensor,
                       FloatType element);

/// `[…, Hk, N, D]` with each head repeated for as many of `heads` as it serves;
/// itself if these are as many.
Value buildRepeatedHeads(OpBuilder &builder, Location loc, Value tensor,
                         OpFoldResult heads);

/// The type of a tensor of `sizes`, static where they are constants.
RankedTensorType getTypeOfSizes(ArrayRef<OpFoldResult> sizes, Type element);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_HEADPRODUCTS_H
