//===- Lowering.h - fold ops to vector code --------------------*- C++ -*-===//
//
// Declares the lowering of each fold op on buffers; a step has one a form.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LOWERING_H
#define ATTN_LIB_CPU_LOWERING_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// log2(e) and its inverse: scores are kept in units of log2.
inline constexpr double kLog2E = 1.4426950408889634, kLn2 = 0.6931471805599453;

/// Replace one op by loops on vectors of `lanes` elements of its accumulator.
void lowerInit(InitOp op, int64_t lanes);
void lowerAmxInit(InitOp op, int64_t lanes);
LogicalResult lowerTransposedStep(StepOp op, int64_t lanes);
LogicalResult lowerRowStep(StepOp op, int64_t lanes);
LogicalResult lowerAmxStep(StepOp op, int64_t lanes);
void lowerFinish(FinishOp op, int64_t lanes);
void lowerMergeParts(MergePartsOp op);
void lowerLinearState(LinearStateOp op, int64_t lanes);
void lowerChunkStep(LinearStepOp op, int64_t lanes);
void lowerLinearRecurrence(LinearRecurrenceOp op, TargetAttr target);
void lowerLinearRead(LinearReadOp op, int64_t lanes);
void lowerMapFeatures(MapFeaturesOp op, int64_t bits);
/// Replaces one op by loops on vectors of `bits` bits.
void lowerRotate(RotateOp op, int64_t bits);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LOWERING_H
