//===- AccumulatorRows.h - the accumulator by queries ----------*- C++ -*-===//
//
// Declares the way back from lanes of queries to rows of the result.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_AMX_ACCUMULATORROWS_H
#define ATTN_LIB_CPU_AMX_ACCUMULATORROWS_H

#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Transposes panel `p` of the accumulator of form amx into a buffer
/// `[query, column]` of the grid cell, and returns that.
Value buildAccumulatorRows(VectorBuilder &b, FinishOp op, Value p);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_AMX_ACCUMULATORROWS_H
