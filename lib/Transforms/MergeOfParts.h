//===- MergeOfParts.h - results from parts of the keys ---------*- C++ -*-===//
//
// Declares the lowering of attn.merge_parts.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_MERGEOFPARTS_H
#define ATTN_LIB_TRANSFORMS_MERGEOFPARTS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The merge as linalg ops on tensors: O(parts * M * E) time, two tensors of
/// `[S, M]` elements and, for narrow results, one of `[M, E]`.
SmallVector<Value> buildMergeOfParts(OpBuilder &builder, MergePartsOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_MERGEOFPARTS_H
