//===- BoxOrder.cpp - points of a grid, box by box ------------------------===//
//
// Implements the reordering. A slab of boxes, all that share their place on the
// first axis, holds the same points in both orders, and points that are
// neighbours on the last axis within a box stay neighbours. So a cell of the
// grid copies runs of them inside of one slab:
//
//   forall (…, slab)
//     for run in slab:  out[run in boxes] = in[run in raster]
//
//===----------------------------------------------------------------------===//

#include "BoxOrder.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Where runs of a slab lie, counted in boxes' order.
class SlabRuns {
public:
  explicit SlabRuns(BoxOrder order) : order(order) {
    for (unsigned axis = 0; axis < order.extents.size(); ++axis)
      points *= axis == 0 ? order.box[0] : order.extents[axis];
  }

  /// The points of a slab, and of a run.
  int64_t getNumPoints() const { return points; }
  int64_t getRun() const { return order.box.back(); }

  /// The first point of a run in raster order, within the slab.
  OpFoldResult buildRaster(IndexMath &math, OpFoldResult run) const {
    // Digits of the run from the last: in the box, then of the box.
    OpFoldResult result = math.constant(0), rest = run;
    unsigned rank = order.extents.size();
    for (bool ofBox : {false, true}) {
      int64_t stride = 1;
      for (unsigned axis = rank; axis-- > 0;) {
        int64_t size = order.box[axis];
        int64_t count = ofBox ? order.extents[axis] / size : size;
        // Runs hold the last axis of a box, slabs the first axis of boxes.
        if (ofBox ? axis != 0 : axis != rank - 1) {
          OpFoldResult digit = math.mod(rest, count);
          result =
              math.add(result, math.mul(digit, ofBox ? stride * size : stride));
          rest = math.floorDiv(rest, count);
        }
        stride *= order.extents[axis];
      }
    }
    return result;
  }

private:
  BoxOrder order;
  int64_t points = 1;
};

Value buildReordered(OpBuilder &builder, Location loc, Value tensor,
                     unsigned dim, BoxOrder order, bool toBoxes) {
  auto type = cast<RankedTensorType>(tensor.getType());
  unsigned rank = type.getRank();
  IndexMath math(builder, loc);
  SlabRuns runs(order);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  // The dimensions before the points, and the slabs.
  SmallVector<OpFoldResult> bounds(sizes.begin(), sizes.begin() + dim);
  bounds.push_back(math.constant(order.extents[0] / order.box[0]));
  Value init =
      tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  auto grid = scf::ForallOp::create(builder, loc, bounds, init,
                                    /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  SmallVector<OpFoldResult> strides(rank, one), offsets(rank, zero);
  SmallVector<int64_t> slabShape(type.getShape()), runShape(type.getShape());
  for (unsigned d = 0; d < dim; ++d) {
    offsets[d] = grid.getInductionVars()[d];
    sizes[d] = one;
    slabShape[d] = runShape[d] = 1;
  }
  offsets[dim] = math.mul(grid.getInductionVars()[dim], runs.getNumPoints());
  sizes[dim] = math.constant(slabShape[dim] = runs.getNumPoints());
  auto slice = [&](OpBuilder &b, Value from, ArrayRef<int64_t> shape,
                   ArrayRef<OpFoldResult> at, ArrayRef<OpFoldResult> extents) {
    return tensor::ExtractSliceOp::create(
        b, loc, RankedTensorType::get(shape, type.getElementType()), from, at,
        extents, strides);
  };
  Value shared = grid.getRegionIterArgs().front();
  Value from = slice(builder, tensor, slabShape, offsets, sizes);
  Value to = slice(builder, shared, slabShape, offsets, sizes);
  auto loop = scf::ForOp::create(
      builder, loc, math.materialize(zero),
      math.materialize(math.constant(runs.getNumPoints() / runs.getRun())),
      math.materialize(one), to,
      [&](OpBuilder &body, Location, Value run, ValueRange carried) {
        IndexMath at(body, loc);
        SmallVector<OpFoldResult> source(rank, zero), target(rank, zero);
        SmallVector<OpFoldResult> extents(sizes);
        source[dim] = runs.buildRaster(at, run);
        target[dim] = at.mul(run, runs.getRun());
        if (!toBoxes)
          std::swap(source, target);
        extents[dim] = at.constant(runShape[dim] = runs.getRun());
        Value piece = slice(body, from, runShape, source, extents);
        Value put = tensor::InsertSliceOp::create(body, loc, piece, carried[0],
                                                  target, extents, strides);
        scf::YieldOp::create(body, loc, put);
      });
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, loop.getResult(0), shared,
                                        offsets, sizes, strides);
  return grid.getResult(0);
}

} // namespace

Value attn::buildInBoxes(OpBuilder &builder, Location loc, Value tensor,
                         unsigned dim, BoxOrder order) {
  return buildReordered(builder, loc, tensor, dim, order, /*toBoxes=*/true);
}

Value attn::buildInRaster(OpBuilder &builder, Location loc, Value tensor,
                          unsigned dim, BoxOrder order) {
  return buildReordered(builder, loc, tensor, dim, order, /*toBoxes=*/false);
}
