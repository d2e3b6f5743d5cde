//===- MaskRuns.h - blocks that kernels visit ------------------*- C++ -*-===//
//
// Declares the lowering of attn.mask_runs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_MASKRUNS_H
#define ATTN_LIB_TRANSFORMS_MASKRUNS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The result of `op`, by a loop over its ranges of queries.
Value buildMaskRuns(OpBuilder &builder, MaskRunsOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_MASKRUNS_H
