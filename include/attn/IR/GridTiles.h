//===- GridTiles.h - what tiles of a grid see ------------------*- C++ -*-===//
//
// Declares counts of the keys that are visited for masks on grids, and the
// choice of the boxes whose queries are folded together.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_GRIDTILES_H
#define ATTN_IR_GRIDTILES_H

#include "attn/IR/AttnOps.h"
#include <optional>

namespace mlir::attn {

/// Keys [lo, hi) of an axis, none if hi <= lo.
struct AxisReach {
  int64_t lo, hi;
};

/// A box of queries, the keys that are visited for each of them, and the most
/// that are for one.
struct BoxChoice {
  SmallVector<int64_t> box;
  int64_t keys, mostKeys;
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

  /// The box of at most `queries` points whose tiles visit the fewest keys for
  /// a query, where any tile takes as long as one of `queries`.
  BoxChoice chooseBox(int64_t queries) const;

private:
  explicit GridTiles(GridMaskAttr grid) : grid(grid) {}

  GridMaskAttr grid;
  int64_t points = 1;
  /// By axis and coordinate.
  SmallVector<SmallVector<AxisReach>> reaches;
};

/// Queries and keys of a block that is listed for a grid in raster order.
inline constexpr int64_t kGridBlock = 64;
/// Queries of a tile that is a box, where a register tile is not yet chosen.
inline constexpr int64_t kGridQueries = 64;

/// A way to find the keys of a grid.
struct GridPlan {
  enum class Way { Intervals, Blocks, Boxes } way;
  /// The keys that are visited for a query, in this way and in the two simpler
  /// ones; 0 if that is not known.
  int64_t keys = 0, ofIntervals = 0, ofBlocks = 0;
  /// The queries of a tile where they are a box.
  BoxChoice box = {};
};

/// How the keys of `op`, whose mask is `grid` or a conjunction with it, are
/// found best, where a tile that is a box has at most `queries` queries.
GridPlan planGrid(SdpaOp op, GridMaskAttr grid, int64_t queries = kGridQueries);

} // namespace mlir::attn

#endif // ATTN_IR_GRIDTILES_H
