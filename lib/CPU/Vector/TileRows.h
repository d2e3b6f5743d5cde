//===- TileRows.h - the rows of a tile, numbered through -------*- C++ -*-===//
//
// Declares where the rows of queries and results lie in their tile.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_TILEROWS_H
#define ATTN_LIB_CPU_VECTOR_TILEROWS_H

#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// An extent of a buffer; dimension -1 is the last.
Value sizeOf(VectorBuilder &b, Value buffer, int64_t dim);

/// The queries of a tile, `[m, …]`, `[G, m, …]` or `[b1, …, br, …]`, as rows
/// numbered through: the G heads of one query follow each other, and the points
/// of a box as its last dimension runs.
struct TileRows {
  /// Of all dimensions of `buffer` but the last `trailing`, in a tile cut by
  /// `schedule`.
  TileRows(VectorBuilder &b, Value buffer, unsigned trailing,
           ScheduleAttr schedule);

  /// True if there are several heads.
  bool hasHeads() const { return extents.size() > 1 && !isBox; }

  /// The indices of row `row`, without those that trail.
  SmallVector<Value> indices(VectorBuilder &b, Value row) const;

  /// The extents of the rows.
  SmallVector<Value> extents;
  /// How many there are.
  Value count;

private:
  bool isBox;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_TILEROWS_H
