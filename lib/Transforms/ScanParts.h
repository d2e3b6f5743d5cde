//===- ScanParts.h - linear attention by parts of its tokens ---*- C++ -*-===//
//
// Declares the two-level scan, for states too few to fill a machine with.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCANPARTS_H
#define ATTN_LIB_TRANSFORMS_SCANPARTS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// True if `schedule` cuts the tokens of `op` into parts, and they can be: the
/// delta rule makes of a part no number per row of the state, and documents end
/// anywhere.
bool hasScanParts(LinearOp op, ScheduleAttr schedule);

/// The results of `op`, written into `inits`, in grids over parts of
/// `schedule.split` tokens.
SmallVector<Value> buildScanParts(OpBuilder &builder, LinearOp op,
                                  ScheduleAttr schedule, ValueRange inits);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCANPARTS_H
