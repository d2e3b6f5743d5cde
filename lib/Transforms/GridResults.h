//===- GridResults.h - where grids leave their results ---------*- C++ -*-===//
//
// Declares how an op is replaced by grids that write its results.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_GRIDRESULTS_H
#define ATTN_LIB_TRANSFORMS_GRIDRESULTS_H

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"

namespace mlir::attn {

/// Replaces `op` by what `build` makes in front of it from tensors for its
/// results, whose extents it tells itself.
LogicalResult replaceByGrids(
    ReifyRankedShapedTypeOpInterface op,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> build);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_GRIDRESULTS_H
