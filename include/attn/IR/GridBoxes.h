//===- GridBoxes.h - tiles that are boxes of a grid ------------*- C++ -*-===//
//
// Declares where the queries of a tile stand that is a box of a grid, and which
// keys they see.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_GRIDBOXES_H
#define ATTN_IR_GRIDBOXES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The grid that `mask` is, or is a conjunction with; null if there is none.
GridMaskAttr findGrid(MaskAttrInterface mask);

/// True if tiles of `op` may be boxes of its grid: it has one in raster order,
/// each point is a query and a key, and blocks are not listed. A bias is laid
/// down for neighbouring queries, and pages hold neighbouring keys.
bool canFoldInBoxes(SdpaOp op);

/// Checks that tiles of `op` may be boxes if its schedules say that they are.
LogicalResult verifyBoxes(SdpaOp op);

/// How many boxes of extents `box` cover a grid.
int64_t countBoxes(ArrayRef<int64_t> extents, ArrayRef<int64_t> box);

/// Box `number` of them, cut off where the grid ends.
GridBox buildBox(IndexMath &math, ArrayRef<int64_t> extents,
                 ArrayRef<int64_t> box, OpFoldResult number);

/// The points whose coordinate on each axis some query of `box` may see there.
/// `queries` knows everything but rows and positions.
GridBox buildKeysOfBox(const MaskIntervalBuilder &queries, GridMaskAttr grid,
                       const GridBox &box);

/// The number of points of `box`.
OpFoldResult buildNumPoints(IndexMath &math, const GridBox &box);

/// The places of the points of `box` in raster order, the last axis running
/// fastest, as a tensor of i32; of `length` elements, of which those beyond the
/// points repeat the first, where it is not 0.
Value buildPlaces(IndexMath &math, ArrayRef<int64_t> extents,
                  const GridBox &box, int64_t length = 0);

/// `tensor` with the points along dimension `dim` as the dimensions of a grid,
/// and back.
Value buildOnGrid(OpBuilder &builder, Location loc, Value tensor, unsigned dim,
                  ArrayRef<int64_t> extents);
Value buildOffGrid(OpBuilder &builder, Location loc, Value tensor, unsigned dim,
                   RankedTensorType type);

} // namespace mlir::attn

#endif // ATTN_IR_GRIDBOXES_H
