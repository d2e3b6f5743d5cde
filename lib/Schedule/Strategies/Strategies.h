//===- Strategies.h - ways to cut mechanisms -------------------*- C++ -*-===//
//
// Declares the strategies, one file each.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H
#define ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// A choice and the sentence that explains it.
struct Choice {
  ScheduleAttr schedule;
  std::string why;
};

/// Softmax attention on a CPU, queries in lanes.
Choice chooseCPUTransposed(SdpaOp op, TargetAttr target);

} // namespace mlir::attn

#endif // ATTN_LIB_SCHEDULE_STRATEGIES_STRATEGIES_H
