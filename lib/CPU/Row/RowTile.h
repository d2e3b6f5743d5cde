//===- RowTile.h - dot products of rows with queries -----------*- C++ -*-===//
//
// Declares the micro-kernel of form row.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_ROW_ROWTILE_H
#define ATTN_LIB_CPU_ROW_ROWTILE_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Sums over the lanes of each of `vectors`, a multiple of the lanes in number,
/// as vectors whose lane l is the sum over vector l: a transposing tree of one
/// addition and two shuffles for each vector but one.
SmallVector<Value> buildSumsOfLanes(VectorBuilder &b, ArrayRef<Value> vectors);

/// `op` over all lanes that are equal modulo `period`, in each such lane.
Value buildPeriodicReduction(VectorBuilder &b, Value vector, int64_t period,
                             llvm::function_ref<Value(Value, Value)> op);

/// A vector that repeats the elements of a shorter one.
Value buildRepeated(VectorBuilder &b, Value vector);

/// The first `count` lanes.
Value buildFirst(VectorBuilder &b, Value vector, int64_t count);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_ROW_ROWTILE_H
