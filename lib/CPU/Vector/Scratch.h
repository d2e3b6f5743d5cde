//===- Scratch.h - buffers of one grid cell --------------------*- C++ -*-===//
//
// Declares the buffers that the steps of one grid cell share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_SCRATCH_H
#define ATTN_LIB_CPU_VECTOR_SCRATCH_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::attn {

/// The buffer named `tag` of the grid cell around `inside`, allocated at the
/// start of the cell on the first request. Steps that run one after the other
/// share it, so that it stays in cache. `dynamicSizes` must be available there.
Value getScratch(Operation *inside, StringRef tag, MemRefType type,
                 ValueRange dynamicSizes = {});

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_SCRATCH_H
