//===- GridResults.h - where grids leave their results ---------*- C++ -*-===//
//
// Declares how an op is replaced by grids that write its results.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_GRIDRESULTS_H
#define ATTN_LIB_TRANSFORMS_GRIDRESULTS_H

#include "attn/IR/AttnAttrs.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"

namespace mlir::attn {

/// Replaces `op` by what `build` makes in front of it from tensors for its
/// results, whose extents it tells itself.
LogicalResult replaceByGrids(
    ReifyRankedShapedTypeOpInterface op,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> build);

/// What `build` makes by `few` while `number` is at most its query block, else
/// by `many`.
SmallVector<Value> buildByNumber(
    OpBuilder &builder, Location loc, OpFoldResult number, ScheduleAttr few,
    ScheduleAttr many,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ScheduleAttr)> build);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_GRIDRESULTS_H
