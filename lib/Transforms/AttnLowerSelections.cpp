//===- AttnLowerSelections.cpp - lists of blocks from scores --------------===//
//
// Turns each attn.select into loops: a grid over rows of blocks adds the scores
// of a group of heads up, and chooses, each row into room of its own; a loop
// adds the numbers of chosen blocks up to row_ptr; a second grid moves the rows
// together. The scores are read once.
//
//===----------------------------------------------------------------------===//

#include "BlockChoice.h"
#include "BlockRanks.h"
#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNLOWERSELECTIONS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Lowers one selection.
class SelectionLowering {
public:
  explicit SelectionLowering(SelectOp op)
      : op(op), builder(op), loc(op.getLoc()), math(builder, loc),
        integer(builder.getI32Type()) {}

  void run() {
    bounds = op.buildScoreExtents(math);
    bounds.pop_back();
    bounds[1] = op.buildGroups(math);
    most = op.buildMost(math);
    if (op.getAmong()) {
      auto tensors = BlockTensorsOp::create(builder, loc, op.getAmong());
      among = {tensors.getRowPtr(), tensors.getCol()};
    }
    auto [room, counts] = buildRows();
    Value rowPtr = buildSums(counts);
    Value col = buildColumns(room, counts, rowPtr);
    Value list = BlockListOp::create(builder, loc, op.getResult().getType(),
                                     rowPtr, col);
    op.getResult().replaceAllUsesWith(list);
    op.erase();
  }

private:
  using LoopBody =
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>;

  static Value number(IndexMath &at, int64_t value) {
    return at.materialize(at.constant(value));
  }

  Value narrow(OpBuilder &b, Value index) {
    return arith::IndexCastOp::create(b, loc, integer, index);
  }

  /// A loop over [lo, hi).
  SmallVector<Value> loop(OpBuilder &b, OpFoldResult lo, OpFoldResult hi,
                          ValueRange init, LoopBody body) {
    IndexMath at(b, loc);
    auto made = scf::ForOp::create(
        b, loc, at.materialize(lo), at.materialize(hi), number(at, 1), init,
        [&](OpBuilder &inner, Location, Value index, ValueRange carried) {
          scf::YieldOp::create(inner, loc, body(inner, index, carried));
        });
    return SmallVector<Value>(made.getResults());
  }

  Value buildZeros(ArrayRef<OpFoldResult> sizes) {
    Value empty = tensor::EmptyOp::create(builder, loc, sizes, integer);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
    return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  }

  /// The columns of each row, in room for `most`, and how many they are.
  std::pair<Value, Value> buildRows() {
    SmallVector<OpFoldResult> sizes = bounds;
    Value counts = tensor::EmptyOp::create(builder, loc, sizes, integer);
    sizes.push_back(most);
    Value room = tensor::EmptyOp::create(builder, loc, sizes, integer);
    auto grid =
        scf::ForallOp::create(builder, loc, bounds, ValueRange{room, counts},
                              /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(grid.getTerminator());
    SmallVector<Value> place = grid.getInductionVars();
    IndexMath at(builder, loc);
    OpFoldResult zero = at.constant(0), one = at.constant(1);
    SmallVector<OpFoldResult> offsets(place.begin(), place.end());
    auto slice = [&](unsigned out, ArrayRef<OpFoldResult> where,
                     OpFoldResult size) {
      SmallVector<OpFoldResult> sizes(where.size() - 1, one);
      sizes.push_back(size);
      std::optional<int64_t> extent = getConstantIntValue(size);
      auto type = RankedTensorType::get({extent.value_or(ShapedType::kDynamic)},
                                        integer);
      return tensor::ExtractSliceOp::create(
          builder, loc, type, grid.getRegionIterArgs()[out], where, sizes,
          SmallVector<OpFoldResult>(where.size(), one));
    };
    tensor::ExtractSliceOp countOfRow = slice(1, offsets, one);
    offsets.push_back(zero);
    tensor::ExtractSliceOp roomOfRow = slice(0, offsets, most);
    ChosenBlocks chosen =
        buildChoice(builder, loc, buildRanks(builder, op, among, place),
                    narrow(builder, at.materialize(most)), roomOfRow);
    Value count = tensor::InsertOp::create(builder, loc, chosen.count,
                                           countOfRow, number(at, 0));
    builder.setInsertionPointToEnd(grid.getTerminator().getBody());
    for (auto [tile, from] :
         {std::pair(chosen.columns, roomOfRow), std::pair(count, countOfRow)})
      tensor::ParallelInsertSliceOp::create(
          builder, loc, tile, from.getSource(), from.getMixedOffsets(),
          from.getMixedSizes(), from.getMixedStrides());
    return {grid.getResult(0), grid.getResult(1)};
  }

  /// The counts added up: what stands at [b, n, t] is the number of all blocks
  /// before row t of group n.
  Value buildSums(Value counts) {
    OpFoldResult zero = math.constant(0);
    Value init = buildZeros(op.buildExtents(math));
    auto insert = [&](OpBuilder &b, ValueRange place, ValueRange carried) {
      return tensor::InsertOp::create(b, loc, narrow(b, carried[1]), carried[0],
                                      place);
    };
    auto ofRow = [&](OpBuilder &b, ValueRange place,
                     ValueRange carried) -> SmallVector<Value> {
      IndexMath at(b, loc);
      Value count = arith::IndexCastOp::create(
          b, loc, b.getIndexType(),
          tensor::ExtractOp::create(b, loc, counts, place));
      Value total = arith::AddIOp::create(b, loc, carried[1], count);
      Value next = at.materialize(at.add(place[2], 1));
      return {insert(b, {place[0], place[1], next}, {carried[0], total}),
              total};
    };
    auto ofGroup = [&](OpBuilder &b, Value batch, Value group,
                       ValueRange carried) {
      IndexMath at(b, loc);
      Value begun = insert(b, {batch, group, number(at, 0)}, carried);
      return loop(b, zero, bounds[2], ValueRange{begun, carried[1]},
                  [&](OpBuilder &body, Value row, ValueRange inner) {
                    return ofRow(body, {batch, group, row}, inner);
                  });
    };
    return loop(builder, zero, bounds[0], ValueRange{init, number(math, 0)},
                [&](OpBuilder &b, Value batch, ValueRange carried) {
                  return loop(
                      b, zero, bounds[1], carried,
                      [&](OpBuilder &body, Value group, ValueRange inner) {
                        return ofGroup(body, batch, group, inner);
                      });
                })
        .front();
  }

  /// The rows one behind the other.
  Value buildColumns(Value room, Value counts, Value rowPtr) {
    Value init = buildZeros(op.buildNumEntries(math));
    auto grid = scf::ForallOp::create(builder, loc, bounds, ValueRange(init),
                                      /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(grid.getTerminator());
    SmallVector<Value> place = grid.getInductionVars();
    auto load = [&](Value tensor, ValueRange at) -> OpFoldResult {
      Value element = tensor::ExtractOp::create(builder, loc, tensor, at);
      return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                        element)
          .getResult();
    };
    OpFoldResult zero = math.constant(0), one = math.constant(1);
    OpFoldResult count = load(counts, place);
    OpFoldResult first = load(rowPtr, place);
    Value row = tensor::ExtractSliceOp::create(
        builder, loc, RankedTensorType::get({ShapedType::kDynamic}, integer),
        room, {place[0], place[1], place[2], zero}, {one, one, one, count},
        {one, one, one, one});
    builder.setInsertionPointToEnd(grid.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(
        builder, loc, row, grid.getRegionIterArgs().front(),
        ArrayRef<OpFoldResult>(first), ArrayRef<OpFoldResult>(count),
        ArrayRef<OpFoldResult>(one));
    return grid.getResult(0);
  }

  SelectOp op;
  OpBuilder builder;
  Location loc;
  IndexMath math;
  Type integer;
  /// B, groups of heads, rows of blocks: the bounds of the grids.
  SmallVector<OpFoldResult> bounds;
  /// The blocks that a row may list.
  OpFoldResult most;
  /// The candidates, where not all blocks are.
  BlockListTensors among;
};

struct AttnLowerSelections
    : attn::impl::AttnLowerSelectionsBase<AttnLowerSelections> {
  void runOnOperation() override {
    SmallVector<SelectOp> selections;
    getOperation().walk([&](SelectOp op) { selections.push_back(op); });
    for (SelectOp op : selections)
      SelectionLowering(op).run();
  }
};

} // namespace
