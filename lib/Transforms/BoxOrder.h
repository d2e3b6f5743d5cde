//===- BoxOrder.h - points of a grid, box by box ---------------*- C++ -*-===//
//
// Declares the reordering of the points of a grid.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_BOXORDER_H
#define ATTN_LIB_TRANSFORMS_BOXORDER_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// A grid and how its points come.
struct BoxOrder {
  ArrayRef<int64_t> extents, box;
};

/// The rows of `tensor`, which are the points of a grid in raster order along
/// dimension `dim`, box by box: a grid of copies, a slab of boxes each.
Value buildInBoxes(OpBuilder &builder, Location loc, Value tensor, unsigned dim,
                   BoxOrder order);

/// And back.
Value buildInRaster(OpBuilder &builder, Location loc, Value tensor,
                    unsigned dim, BoxOrder order);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_BOXORDER_H
