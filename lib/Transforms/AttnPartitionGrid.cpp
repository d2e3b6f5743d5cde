//===- AttnPartitionGrid.cpp - a parallel grid of folds -------------------===//
//
// Turns each scheduled mechanism into an scf.forall over (batch, heads, query
// block), whose cells are independent and share nothing but inputs; over
// (batch, heads, query block, part of the keys) and a merge where the schedule
// splits the keys; over (batch, heads, box of a grid) where it has a box; and
// into one of two such grids where few queries are cut otherwise.
//
//===----------------------------------------------------------------------===//

#include "GridResults.h"
#include "attn/IR/GridBoxes.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <numeric>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPARTITIONGRID
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Where the rows of one tile lie in a tensor: offsets and sizes over the
/// leading (part,) (batch,) head and row dimensions, all of the trailing ones.
struct ResultSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;

  ResultSlice(OpBuilder &builder, Location loc, Value result,
              const GridTile &tile, bool hasBatch, Value part) {
    auto full = cast<RankedTensorType>(result.getType());
    OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
    if (part) {
      offsets.push_back(part);
      sizes.push_back(one);
    }
    if (hasBatch) {
      offsets.push_back(tile.batch);
      sizes.push_back(one);
    }
    offsets.push_back(tile.head);
    sizes.push_back(tile.numHeads);
    auto known = [](OpFoldResult size) {
      return getConstantIntValue(size).value_or(ShapedType::kDynamic);
    };
    // One head is no dimension of the tile.
    SmallVector<int64_t> shape;
    if (!isConstantIntValue(tile.numHeads, 1))
      shape.push_back(known(tile.numHeads));
    GridBox rows = tile.box.value_or(GridBox{{tile.row}, {tile.numRows}});
    llvm::append_range(offsets, rows.corner);
    for (OpFoldResult size : rows.sizes) {
      sizes.push_back(size);
      shape.push_back(known(size));
    }
    for (int64_t dim = offsets.size(); dim < full.getRank(); ++dim) {
      offsets.push_back(zero);
      sizes.push_back(tensor::getMixedSize(builder, loc, result, dim));
      shape.push_back(full.getDimSize(dim));
    }
    strides.assign(offsets.size(), one);
    type = RankedTensorType::get(shape, full.getElementType());
  }
};

/// The grid of one mechanism by one schedule.
class Grid {
public:
  Grid(MechanismOpInterface mechanism, ScheduleAttr schedule)
      : mechanism(mechanism), schedule(schedule), loc(mechanism.getLoc()),
        heads(mechanism.getHeadsOfTile(schedule)),
        hasBatch(cast<RankedTensorType>(mechanism->getResult(0).getType())
                     .getRank() == 4) {}

  /// The results, written into `inits`.
  SmallVector<Value> build(OpBuilder &builder, ValueRange inits) {
    IndexMath math(builder, loc);
    extents = mechanism.buildExtents(builder);
    if (!schedule.getBox().empty())
      return buildBoxes(builder, inits);
    OpFoldResult columns = math.floorDiv(extents.heads, heads);
    rows = buildRows(math, columns);
    blocks = buildCeilDiv(math, extents.rows, rows);
    bounds = {extents.batches, columns, blocks};
    std::optional<int64_t> cols = getConstantIntValue(extents.cols);
    int64_t split = schedule.getSplit();
    if (split == 0 || (cols && *cols <= split))
      return buildForall(builder, inits);
    // No keys at all are one part, so that there is something to merge.
    OpFoldResult count =
        math.max(math.ceilDiv(extents.cols, split), math.constant(1));
    bounds.push_back(count);
    SmallVector<Value> parts =
        buildForall(builder, mechanism.buildParts(builder, count));
    return mechanism.buildMergeOfParts(builder, parts, inits);
  }

private:
  /// A cell for each box of a grid: results are seen as grids too.
  SmallVector<Value> buildBoxes(OpBuilder &builder, ValueRange inits) {
    IndexMath math(builder, loc);
    points =
        findGrid(cast<SdpaOp>(mechanism.getOperation()).getMask()).getExtents();
    bounds = {extents.batches, extents.heads,
              math.constant(countBoxes(points, schedule.getBox()))};
    unsigned dim = hasBatch ? 2 : 1;
    SmallVector<Value> onGrid, results;
    for (Value init : inits)
      onGrid.push_back(buildOnGrid(builder, loc, init, dim, points));
    for (auto [result, init] :
         llvm::zip_equal(buildForall(builder, onGrid), inits))
      results.push_back(buildOffGrid(builder, loc, result, dim,
                                     cast<RankedTensorType>(init.getType())));
    return results;
  }

  /// Rows of a cell: the query block where one panel of it is all there is to
  /// halve, else what the threads of the launch ask for.
  OpFoldResult buildRows(IndexMath &math, OpFoldResult columns) {
    int64_t most = mechanism.getRowsOfTile(schedule);
    if (schedule.getForm() == Form::Row || schedule.getNumPanels() == 1)
      return math.constant(most);
    Value count = arith::MulIOp::create(math.getBuilder(), loc,
                                        math.materialize(extents.batches),
                                        math.materialize(columns));
    return CellRowsOp::create(math.getBuilder(), loc, count,
                              math.materialize(extents.rows), most,
                              getLeastRows(most))
        .getResult();
  }

  /// The fewest rows that halving `most` may lead to. A panel's rows, of all
  /// heads of a cell, at least; on AMX, where a panel rounds by the largest sum
  /// of its queries, only as far as panels keep theirs.
  int64_t getLeastRows(int64_t most) const {
    int64_t panel = schedule.getPanel() / std::gcd(schedule.getPanel(), heads);
    if (schedule.getForm() != Form::AMX)
      return std::min(most, panel);
    int64_t least = most;
    while (least % (2 * panel) == 0)
      least /= 2;
    return least;
  }

  OpFoldResult buildCeilDiv(IndexMath &math, OpFoldResult lhs,
                            OpFoldResult rhs) {
    if (std::optional<int64_t> known = getConstantIntValue(rhs))
      return math.ceilDiv(lhs, *known);
    AffineExpr total = math.getBuilder().getAffineSymbolExpr(0);
    AffineExpr size = math.getBuilder().getAffineSymbolExpr(1);
    return affine::makeComposedFoldedAffineApply(
        math.getBuilder(), loc, total.ceilDiv(size), {lhs, rhs});
  }

  SmallVector<Value> buildForall(OpBuilder &builder, ValueRange inits) {
    auto forall = scf::ForallOp::create(builder, loc, bounds, inits,
                                        /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(forall.getTerminator());
    SmallVector<Value> place = forall.getInductionVars();
    GridTile tile = buildTile(builder, place);
    Value part = place.size() == 4 ? place[3] : Value();
    SmallVector<ResultSlice> slices;
    SmallVector<Value> tileInits;
    for (Value shared : forall.getRegionIterArgs()) {
      ResultSlice &slice =
          slices.emplace_back(builder, loc, shared, tile, hasBatch, part);
      tileInits.push_back(tensor::ExtractSliceOp::create(
          builder, loc, slice.type, shared, slice.offsets, slice.sizes,
          slice.strides));
    }
    SmallVector<Value> results =
        mechanism.buildFoldOfTile(builder, schedule, tile, tileInits);
    builder.setInsertionPointToEnd(forall.getTerminator().getBody());
    for (auto [result, shared, slice] :
         llvm::zip_equal(results, forall.getRegionIterArgs(), slices))
      tensor::ParallelInsertSliceOp::create(builder, loc, result, shared,
                                            slice.offsets, slice.sizes,
                                            slice.strides);
    return SmallVector<Value>(forall.getResults());
  }

  /// The first row of cell `place`; counted from the last block where rows cost
  /// more the later they are.
  OpFoldResult buildRow(IndexMath &math, OpFoldResult place) {
    if (std::optional<int64_t> known = getConstantIntValue(rows))
      return math.mul(place, *known);
    if (mechanism.hasUnequalRows())
      place = math.sub(math.add(blocks, -1), place);
    return arith::MulIOp::create(math.getBuilder(), loc,
                                 math.materialize(place), cast<Value>(rows))
        .getResult();
  }

  GridTile buildTile(OpBuilder &builder, ArrayRef<Value> place) {
    IndexMath math(builder, loc);
    GridTile tile;
    tile.batch = place[0];
    tile.head = math.materialize(math.mul(place[1], heads));
    tile.numHeads = math.constant(heads);
    if (!points.empty()) {
      tile.box = buildBox(math, points, schedule.getBox(), place[2]);
      tile.row = math.constant(0);
      tile.numRows = buildNumPoints(math, *tile.box);
      return tile;
    }
    tile.row = buildRow(math, place[2]);
    tile.numRows = math.min(rows, math.sub(extents.rows, tile.row));
    if (place.size() == 4) {
      tile.key = math.mul(place[3], schedule.getSplit());
      tile.numKeys = math.min(math.constant(schedule.getSplit()),
                              math.sub(extents.cols, tile.key));
    }
    return tile;
  }

  MechanismOpInterface mechanism;
  ScheduleAttr schedule;
  Location loc;
  /// Heads of a cell.
  int64_t heads;
  /// Rows of a cell, and how many blocks of them there are.
  OpFoldResult rows, blocks;
  bool hasBatch;
  ProblemExtents extents;
  SmallVector<OpFoldResult> bounds;
  /// The extents of the grid whose boxes are cells; empty where these are rows.
  ArrayRef<int64_t> points;
};

/// Results of the mechanism, cut as its schedules say.
SmallVector<Value> buildGrids(OpBuilder &builder,
                              MechanismOpInterface mechanism,
                              ValueRange inits) {
  ScheduleAttr schedule = mechanism.getScheduleAttr();
  ScheduleAttr few = mechanism.getFewAttr();
  if (!few)
    return Grid(mechanism, schedule).build(builder, inits);
  Location loc = mechanism.getLoc();
  IndexMath math(builder, loc);
  ProblemExtents extents = mechanism.buildExtents(builder);
  OpFoldResult queries = math.mul(extents.rows, mechanism.getHeadsOfTile(few));
  return buildByNumber(builder, loc, queries, few, schedule,
                       [&](OpBuilder &inner, ScheduleAttr chosen) {
                         return Grid(mechanism, chosen).build(inner, inits);
                       });
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
      auto build = [&](OpBuilder &builder, ValueRange inits) {
        return buildGrids(builder, op, inits);
      };
      if (failed(replaceByGrids(
              cast<ReifyRankedShapedTypeOpInterface>(op.getOperation()),
              build)))
        return signalPassFailure();
    }
  }
};

} // namespace
