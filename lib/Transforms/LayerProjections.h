//===- LayerProjections.h - the matrix products of a layer -----*- C++ -*-===//
//
// Declares the builders of the projections into heads and back.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_LAYERPROJECTIONS_H
#define ATTN_LIB_TRANSFORMS_LAYERPROJECTIONS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// `input` `[B, M, C]` times `weight` `[C, heads * D]`, as `[B, heads, M, D]`.
Value buildHeads(OpBuilder &builder, Location loc, Value input, Value weight,
                 int64_t heads);

/// `heads` `[B, H, M, E]` as `[B, M, H * E]`, times `weight` `[H * E, C]` if
/// there is one.
Value buildMergedHeads(OpBuilder &builder, Location loc, Value heads,
                       Value weight);

/// Moves the core of `layer` in front of it, on `heads` in the place of its
/// arguments, and returns what it yields.
Value inlineCore(LayerOp layer, ValueRange heads);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_LAYERPROJECTIONS_H
