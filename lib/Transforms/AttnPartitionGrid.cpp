//===- AttnPartitionGrid.cpp - a parallel grid of folds -------------------===//
//
// Turns each scheduled mechanism into an scf.forall over (batch, head, query
// block), whose cells are independent and share nothing but inputs.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPARTITIONGRID
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Where the rows of one tile lie in a result: offsets and sizes over the
/// leading (batch,) head and row dimensions, all of the trailing ones.
struct ResultSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;

  ResultSlice(OpBuilder &builder, Location loc, Value result,
              const GridTile &tile, bool hasBatch) {
    auto full = cast<RankedTensorType>(result.getType());
    OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
    if (hasBatch) {
      offsets.push_back(tile.batch);
      sizes.push_back(one);
    }
    offsets.append({tile.head, tile.row});
    sizes.append({tile.numHeads, tile.numRows});
    auto known = [](OpFoldResult size) {
      return getConstantIntValue(size).value_or(ShapedType::kDynamic);
    };
    // One head is no dimension of the tile.
    SmallVector<int64_t> shape;
    if (!isConstantIntValue(tile.numHeads, 1))
      shape.push_back(known(tile.numHeads));
    shape.push_back(known(tile.numRows));
    for (int64_t dim = offsets.size(); dim < full.getRank(); ++dim) {
      offsets.push_back(zero);
      sizes.push_back(tensor::getMixedSize(builder, loc, result, dim));
      shape.push_back(full.getDimSize(dim));
    }
    strides.assign(offsets.size(), one);
    type = RankedTensorType::get(shape, full.getElementType());
  }
};

/// The grid of one mechanism.
LogicalResult partition(MechanismOpInterface mechanism) {
  OpBuilder builder(mechanism);
  Location loc = mechanism.getLoc();
  IndexMath math(builder, loc);
  int64_t block = mechanism.getScheduleAttr().getQueryBlock();
  ProblemExtents extents = mechanism.buildExtents(builder);

  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(builder, mechanism, shapes)))
    return mechanism.emitOpError() << "does not tell the shapes of its results";
  SmallVector<Value> inits;
  for (auto [shape, type] :
       llvm::zip_equal(shapes, mechanism->getResultTypes()))
    inits.push_back(tensor::EmptyOp::create(
        builder, loc, shape, cast<RankedTensorType>(type).getElementType()));

  // Heads that are folded together are one cell.
  OpFoldResult group = mechanism.buildHeadsOfTile(builder);
  OpFoldResult cellHeads = extents.heads;
  if (!isConstantIntValue(group, 1))
    cellHeads =
        arith::DivUIOp::create(builder, loc, math.materialize(extents.heads),
                               math.materialize(group))
            .getResult();
  SmallVector<OpFoldResult> bounds = {extents.batches, cellHeads,
                                      math.ceilDiv(extents.rows, block)};
  bool hasBatch =
      cast<RankedTensorType>(mechanism->getResult(0).getType()).getRank() == 4;
  auto forall = scf::ForallOp::create(builder, loc, bounds, inits,
                                      /*mapping=*/std::nullopt);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(forall.getTerminator());
    IndexMath inner(builder, loc);
    SmallVector<Value> place = forall.getInductionVars();
    GridTile tile;
    tile.batch = place[0];
    tile.head = place[1];
    tile.numHeads = group;
    if (!isConstantIntValue(group, 1))
      tile.head = arith::MulIOp::create(builder, loc, place[1],
                                        inner.materialize(group));
    tile.row = inner.mul(place[2], block);
    tile.numRows =
        inner.min(inner.constant(block), inner.sub(extents.rows, tile.row));
    SmallVector<ResultSlice> slices;
    SmallVector<Value> tileInits;
    for (Value shared : forall.getRegionIterArgs()) {
      ResultSlice &slice =
          slices.emplace_back(builder, loc, shared, tile, hasBatch);
      tileInits.push_back(tensor::ExtractSliceOp::create(
          builder, loc, slice.type, shared, slice.offsets, slice.sizes,
          slice.strides));
    }
    SmallVector<Value> results =
        mechanism.buildFoldOfTile(builder, tile, tileInits);
    builder.setInsertionPointToEnd(forall.getTerminator().getBody());
    for (auto [result, shared, slice] :
         llvm::zip_equal(results, forall.getRegionIterArgs(), slices))
      tensor::ParallelInsertSliceOp::create(builder, loc, result, shared,
                                            slice.offsets, slice.sizes,
                                            slice.strides);
  }
  // Users may expect more static types than reified shapes give.
  SmallVector<Value> replacements;
  for (auto [result, value] :
       llvm::zip_equal(mechanism->getResults(), forall.getResults())) {
    if (value.getType() != result.getType())
      replacements.push_back(
          tensor::CastOp::create(builder, loc, result.getType(), value));
    else
      replacements.push_back(value);
  }
  mechanism->replaceAllUsesWith(replacements);
  mechanism->erase();
  return success();
}

struct AttnPartitionGrid
    : attn::impl::AttnPartitionGridBase<AttnPartitionGrid> {
  void runOnOperation() override {
    SmallVector<MechanismOpInterface> mechanisms;
    getOperation().walk(
        [&](MechanismOpInterface op) { mechanisms.push_back(op); });
    for (MechanismOpInterface op : mechanisms) {
      if (!op.getScheduleAttr()) {
        op.emitOpError() << "has no schedule, expected attn-select-schedule "
                            "to run before";
        return signalPassFailure();
      }
      if (failed(partition(op)))
        return signalPassFailure();
    }
  }
};

} // namespace
