//===- BiasCopy.h - bias in the transposed form ----------------*- C++ -*-===//
//
// Declares how a block of bias is laid down where scores will be.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_TRANSPOSED_BIASCOPY_H
#define ATTN_LIB_CPU_TRANSPOSED_BIASCOPY_H

#include "Vector/KeyRange.h"
#include "Vector/PanelRows.h"
#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Writes the bias of `step` for `queries` and `keys` of its block to `target`,
/// indexed by (key, lane), in units of log2.
void buildBiasCopy(VectorBuilder &b, StepOp step, Value target,
                   const KeyRange &keys, const PanelRows &queries);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_TRANSPOSED_BIASCOPY_H
