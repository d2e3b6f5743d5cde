//===- Rotation.cpp - a grid of rotated rows ------------------------------===//
//
// Cuts attn.rope into cells that hold the same rows of all heads: those share
// the rows of the tables, and a single token is a single cell, which no thread
// has to be woken for.
//
//===----------------------------------------------------------------------===//

#include "Rotation.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// Rows of a cell. 32 rows of 8 heads of 64 elements take the time of some
/// hundred claims of a cell, and lie in an L1 cache.
static constexpr int64_t kRows = 32;

Value attn::buildRotation(OpBuilder &builder, RopeOp op) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getInput());
  OpFoldResult half = tensor::getMixedSize(builder, loc, op.getCos(), 1);
  auto type = cast<RankedTensorType>(op.getInput().getType());
  unsigned rank = type.getRank();
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  OpFoldResult batches = rank == 4 ? sizes[0] : one;
  OpFoldResult length = sizes[rank - 2];
  Value init =
      tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  auto grid = scf::ForallOp::create(
      builder, loc,
      ArrayRef<OpFoldResult>{batches, math.ceilDiv(length, kRows)}, init,
      /*mapping=*/std::nullopt);

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  OpFoldResult row = math.mul(grid.getInductionVar(1), kRows);
  OpFoldResult count = math.min(math.constant(kRows), math.sub(length, row));
  SmallVector<OpFoldResult> offsets(rank, zero), strides(rank, one);
  if (rank == 4) {
    offsets[0] = grid.getInductionVar(0);
    sizes[0] = one;
  }
  offsets[rank - 2] = row;
  sizes[rank - 2] = count;
  auto known = [](OpFoldResult size) {
    return getConstantIntValue(size).value_or(ShapedType::kDynamic);
  };
  auto tileType = RankedTensorType::get(
      {known(sizes[rank - 3]), known(count), type.getDimSize(rank - 1)},
      type.getElementType());
  auto tileOf = [&](Value tensor) -> Value {
    return tensor::ExtractSliceOp::create(builder, loc, tileType, tensor,
                                          offsets, sizes, strides);
  };
  auto rowsOf = [&](Value table) -> Value {
    return tensor::ExtractSliceOp::create(
        builder, loc, table, ArrayRef<OpFoldResult>{row, zero},
        ArrayRef<OpFoldResult>{count, half}, ArrayRef<OpFoldResult>{one, one});
  };
  Value shared = grid.getRegionIterArgs().front();
  auto rotated = RotateOp::create(builder, loc, tileType, tileOf(op.getInput()),
                                  rowsOf(op.getCos()), rowsOf(op.getSin()),
                                  tileOf(shared), op.getLayout());
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, rotated.getResult(0),
                                        shared, offsets, sizes, strides);
  return grid.getResult(0);
}
