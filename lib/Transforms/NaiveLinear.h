//===- NaiveLinear.h - linear attention token by token ---------*- C++ -*-===//
//
// Declares the oracle of linear attention and of feature maps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVELINEAR_H
#define ATTN_LIB_TRANSFORMS_NAIVELINEAR_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The operands of `op`, in the type that is computed in.
struct LinearOperands {
  Value query, key, value, decay, beta, state;
};

/// The results of `op` by its recurrence: O(B H N D E).
SmallVector<Value> buildNaiveLinear(OpBuilder &builder, LinearOp op,
                                    const LinearOperands &operands,
                                    FloatType compute);

/// The features of `input`, the operand of `op` in the type that is computed
/// in, with those of omega.
Value buildNaiveFeatures(OpBuilder &builder, FeatureMapOp op, Value input,
                         Value omega, FloatType compute);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVELINEAR_H
