//===- GridTiles.h - what tiles of a grid see ------------------*- C++ -*-===//
//
// Declares counts of the keys that are visited for masks on grids.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_GRIDTILES_H
#define ATTN_LIB_TRANSFORMS_GRIDTILES_H

#include "attn/IR/AttnAttrs.h"
#include <optional>

namespace mlir::attn {

/// Keys [lo, hi) of an axis, none if hi <= lo.
struct AxisReach {
  int64_t lo, hi;
};

/// A grid with what the mask of each axis lets each of its coordinates see.
class GridTiles {
public:
  /// Nothing where a mask reads operands, or an axis is too long to go through.
  static std::optional<GridTiles> create(GridMaskAttr grid);

  /// The keys visited for a query between the ends of intervals.
  int64_t countOfIntervals() const;
  /// The keys visited for a query where blocks of `tile` queries and `tile`
  /// keys are listed. `box` is empty in raster order.
  int64_t countOfBlocks(ArrayRef<int64_t> box, int64_t tile) const;

  /// The boxes of at least `least` and at most `most` points that divide the
  /// grid, and are no rows of it.
  SmallVector<SmallVector<int64_t>> listBoxes(int64_t least,
                                              int64_t most) const;

private:
  explicit GridTiles(GridMaskAttr grid) : grid(grid) {}

  GridMaskAttr grid;
  int64_t points = 1;
  /// By axis and coordinate.
  SmallVector<SmallVector<AxisReach>> reaches;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_GRIDTILES_H
