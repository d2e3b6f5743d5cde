//===- ScoreReads.h - reads of score programs on vectors -------*- C++ -*-===//
//
// Declares the reading of captured buffers at indices that differ by lane.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_SCOREREADS_H
#define ATTN_LIB_CPU_VECTOR_SCOREREADS_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

/// The elements of `buffer` at `indices`, vectors of `lanes` indices where they
/// differ by lane. `step` is 1 or -1 if the only such index mostly
/// rises or falls by 1 from lane to lane: where it does, at run time, and
/// elements are neighbours, one load reads them all. Every index is within the
/// buffer.
Value buildLaneReads(OpBuilder &builder, Location loc, Value buffer,
                     ValueRange indices, int64_t lanes, int64_t step);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_SCOREREADS_H
