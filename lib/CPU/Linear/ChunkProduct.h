//===- ChunkProduct.h - products of the matrices of a chunk ----*- C++ -*-===//
//
// Declares products of matrices in scratch memory, register tile by register
// tile, and what the tiles of linear attention are made of.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_CHUNKPRODUCT_H
#define ATTN_LIB_CPU_LINEAR_CHUNKPRODUCT_H

#include "Transposed/RegisterTile.h"
#include "Vector/VectorBuilder.h"

namespace mlir::attn {

/// A matrix whose elements are broadcast, `[m, k]` or `[k, m]`.
struct LeftMatrix {
  Value buffer;
  bool isTransposed = false;

  /// Element (row, depth).
  Value load(VectorBuilder &b, Value row, Value depth) const;
};

/// The sums of one register tile, from row `row` and column `column` on.
class SumTile {
public:
  /// Sums of zero.
  SumTile(VectorBuilder &b, RegisterTile tile, Value row, Value column);

  /// Row `r` and vector `v` of the sums become what `update` makes of them.
  using Update =
      llvm::function_ref<Value(VectorBuilder &, Value, int64_t, int64_t)>;
  void update(VectorBuilder &b, Update update);
  /// The sums become what stands in their place in `buffer`.
  void load(VectorBuilder &b, Value buffer);
  /// Adds the product of rows of `left` and columns of `right`, depth [lo, hi).
  void add(VectorBuilder &b, LeftMatrix left, Value right, Value lo, Value hi);
  /// Writes the sums to their place in `buffer`.
  void store(VectorBuilder &b, Value buffer);

  /// The number of row `r`, and the first column of vector `v`.
  Value getRow(VectorBuilder &b, int64_t r) const;
  Value getColumn(VectorBuilder &b, int64_t v) const;

  RegisterTile tile;
  Value row, column;
  /// One vector for each row and vector of the tile.
  SmallVector<SmallVector<Value>> sums;
};

/// Which tiles of a matrix are gone over: `rows` by `columns` in whole vectors,
/// by tiles of `rowsOfTile`.
struct TileRange {
  int64_t rowsOfTile, rows, columns;
  /// Rows and columns from here on may be left out, if given.
  Value rowLimit = {}, columnLimit = {};
  /// True if elements above the diagonal may be left out.
  bool fromDiagonal = false;
};

/// Calls `body` for tiles that cover `range`: column by column, rows ascending.
void forEachTile(VectorBuilder &b, const TileRange &range,
                 llvm::function_ref<void(VectorBuilder &, SumTile &)> body);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_CHUNKPRODUCT_H
