//===- Compression.h - fewer rows ------------------------------*- C++ -*-===//
//
// Declares the lowerings of attn.compress.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_COMPRESSION_H
#define ATTN_LIB_TRANSFORMS_COMPRESSION_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The result of `op`: a grid over its rows, each a sum of the rows of its
/// block or segment, or a product.
Value buildCompression(OpBuilder &builder, CompressOp op);

/// The result for `input` and `matrix` (null for null), the operands of `op` in
/// whatever type, as sums of whole tensors: the oracle.
Value buildNaiveCompression(OpBuilder &builder, CompressOp op, Value input,
                            Value matrix);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_COMPRESSION_H
