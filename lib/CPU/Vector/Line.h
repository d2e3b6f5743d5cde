//===- Line.h - elements at equal distances --------------------*- C++ -*-===//
//
// Declares how a loop goes along a row or a column of a buffer by addition.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_LINE_H
#define ATTN_LIB_CPU_VECTOR_LINE_H

#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// A row or a column: element k is `elements[k * stride]`.
struct Line {
  Value elements, stride;
};

/// The elements of `buffer`, which has two dimensions, along dimension `along`,
/// where the index of the other one is `at`.
Line buildLine(VectorBuilder &b, Value buffer, unsigned along, Value at);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_LINE_H
