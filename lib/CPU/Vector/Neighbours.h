//===- Neighbours.h - rows whose elements are neighbours -------*- C++ -*-===//
//
// Declares how buffers of any strides are read and written by vectors where a
// run finds that they can be.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_NEIGHBOURS_H
#define ATTN_LIB_CPU_VECTOR_NEIGHBOURS_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// A buffer whose last dimension is taken to have stride 1, and whether it has:
/// only then may the view be used.
struct NeighbourView {
  Value view, holds;
};

/// The view of `buffer`.
NeighbourView buildNeighbourView(VectorBuilder &b, Value buffer);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_NEIGHBOURS_H
