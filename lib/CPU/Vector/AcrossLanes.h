//===- AcrossLanes.h - what goes across lanes ------------------*- C++ -*-===//
//
// Declares the few operations that move numbers between lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_ACROSSLANES_H
#define ATTN_LIB_CPU_VECTOR_ACROSSLANES_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// Sums over the lanes of each of `vectors`, a multiple of the lanes in number,
/// as vectors whose lane l is the sum over vector l: a transposing tree of one
/// addition and two shuffles for each vector but one.
SmallVector<Value> buildSumsOfLanes(VectorBuilder &b, ArrayRef<Value> vectors);

/// The transpose of a square of as many vectors as they have lanes: element i
/// of vector k becomes element k of vector i, by log2(lanes) rounds of
/// shuffles.
SmallVector<Value> buildTransposed(VectorBuilder &b, ArrayRef<Value> vectors);

/// `op` over all lanes that are equal modulo `period`, in each such lane.
Value buildPeriodicReduction(VectorBuilder &b, Value vector, int64_t period,
                             llvm::function_ref<Value(Value, Value)> op);

/// A vector that repeats the elements of a shorter one.
Value buildRepeated(VectorBuilder &b, Value vector);

/// The first `count` lanes.
Value buildFirst(VectorBuilder &b, Value vector, int64_t count);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_ACROSSLANES_H
