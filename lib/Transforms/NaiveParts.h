//===- NaiveParts.h - merge and rope on whole tensors ----------*- C++ -*-===//
//
// Declares the builders of attn.merge and attn.rope as loops over tensors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVEPARTS_H
#define ATTN_LIB_TRANSFORMS_NAIVEPARTS_H

#include "NaiveAttention.h"

namespace mlir::attn {

/// The merge of normalised parts, computed in `compute`; `out` of type
/// `element`, `lse` of type `compute`.
NaiveResults buildNaiveMerge(OpBuilder &builder, Location loc, ValueRange outs,
                             ValueRange lses, FloatType compute,
                             FloatType element);

/// The rotation of `input`, computed in `compute`, of the type of `input`.
Value buildNaiveRope(OpBuilder &builder, Location loc, Value input, Value cos,
                     Value sin, RopeLayout layout, FloatType compute);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVEPARTS_H
