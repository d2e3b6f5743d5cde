//===- GridIntervals.h - intervals of a mask on a grid ---------*- C++ -*-===//
//
// Declares the product of the intervals of axes, in raster order or in that of
// boxes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_GRIDINTERVALS_H
#define ATTN_LIB_IR_MASKS_GRIDINTERVALS_H

#include "Axis.h"
#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// The disjuncts of the mask that keeps the points whose coordinate on each
/// axis its mask keeps. `box` is empty in raster order.
DisjunctList buildGridIntervals(MaskIntervalBuilder &builder,
                                ArrayRef<int64_t> extents,
                                ArrayRef<MaskAttrInterface> masks,
                                ArrayRef<int64_t> box);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_GRIDINTERVALS_H
