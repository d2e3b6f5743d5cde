//===- Rotation.h - a grid of rotated rows ---------------------*- C++ -*-===//
//
// Declares the tiling of attn.rope.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_ROTATION_H
#define ATTN_LIB_TRANSFORMS_ROTATION_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The result of `op` as a parallel grid over (batch, block of rows) of
/// attn.rotate on the rows of all heads.
Value buildRotation(OpBuilder &builder, RopeOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_ROTATION_H
