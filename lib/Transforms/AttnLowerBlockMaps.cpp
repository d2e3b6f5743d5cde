//===- AttnLowerBlockMaps.cpp - lists of blocks from masks ----------------===//
//
// Turns each attn.block_map into loops: a grid over rows of blocks counts the
// blocks in which the mask keeps a pair, a scan adds the counts up to row_ptr,
// a second grid writes the columns. With may and must the mask's intervals for
// the queries of a row,
//
//   a block that meets must is listed       a block that misses may is not
//
// and only what is left is looked at pair by pair, up to the first one kept.
//
//===----------------------------------------------------------------------===//

#include "PairSearch.h"
#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNLOWERBLOCKMAPS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Blocks of a row that are asked about together first.
constexpr int64_t kGroup = 16;

/// Lowers one map.
class MapLowering {
public:
  explicit MapLowering(BlockMapOp op)
      : op(op), type(cast<BlocksType>(op.getResult().getType())), builder(op),
        loc(op.getLoc()), math(builder, loc), integer(builder.getI32Type()) {}

  void run() {
    extents = op.buildExtents(math);
    rows = math.add(extents[2], -1);
    Value rowPtr = buildSums(buildCounts());
    Value list =
        BlockListOp::create(builder, loc, type, rowPtr, buildColumns(rowPtr));
    op.getResult().replaceAllUsesWith(list);
    op.erase();
  }

private:
  /// What one block adds to what is carried, given its column and if it is
  /// listed.
  using BlockBody = llvm::function_ref<SmallVector<Value>(
      OpBuilder &, Value column, Value listed, ValueRange carried)>;

  Value number(OpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  Value narrow(OpBuilder &b, Value index) {
    return arith::IndexCastOp::create(b, loc, integer, index);
  }

  Value less(OpBuilder &b, OpFoldResult lhs, OpFoldResult rhs) {
    IndexMath at(b, loc);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                 at.materialize(lhs), at.materialize(rhs));
  }

  //===--------------------------------------------------------------------===//
  // Which blocks a row has
  //===--------------------------------------------------------------------===//

  /// o of absolute position = row + o.
  OpFoldResult buildPosition(IndexMath &at, Value batch) {
    if (op.getOffset())
      return buildLoadOfBatch(at, op.getOffset(), batch);
    if (op.getAlign() == Align::BottomRight)
      return at.sub(op.getCols(), op.getRows());
    return at.constant(0);
  }

  /// The queries of a row of blocks, to ask the mask about.
  MaskIntervalBuilder buildQueries(OpBuilder &b, ValueRange place) {
    MaskIntervalBuilder queries(b, loc);
    queries.rowBegin = queries.mul(place[2], type.getQueryBlock());
    queries.rowEnd = queries.min(
        queries.add(queries.rowBegin, type.getQueryBlock()), op.getRows());
    queries.numRows = op.getRows();
    queries.numCols = op.getCols();
    queries.position = buildPosition(queries, place[0]);
    queries.batch = place[0];
    queries.head = place[1];
    queries.numHeads = queries.constant(1);
    queries.operands = op.getMaskOperands();
    return queries;
  }

  /// Calls `body` for the blocks of a row, in ascending order, but for those
  /// that are known not to be listed, of which many at a time are left out.
  SmallVector<Value> foldBlocks(OpBuilder &b, ValueRange place, ValueRange init,
                                BlockBody body) {
    IndexMath at(b, loc);
    MaskIntervalBuilder queries = buildQueries(b, place);
    SmallVector<MaskDisjunct> disjuncts;
    op.getMask().buildIntervals(queries, disjuncts);
    // The hull of the disjuncts that are not empty.
    OpFoldResult zero = at.constant(0), all = op.getCols();
    OpFoldResult lo = all, hi = zero;
    for (const MaskDisjunct &d : disjuncts) {
      OpFoldResult first = at.max(d.mayLo, zero), end = at.min(d.mayHi, all);
      OpFoldResult newLo = at.min(lo, first), newHi = at.max(hi, end);
      lo = at.selectLess(first, end, newLo, lo);
      hi = at.selectLess(first, end, newHi, hi);
    }
    Value begin = at.materialize(at.floorDiv(lo, type.getKeyBlock()));
    Value end = at.materialize(at.ceilDiv(hi, type.getKeyBlock()));
    auto forColumns = [&](OpBuilder &outer, Value first, Value last,
                          ValueRange carried) {
      return scf::ForOp::create(
          outer, loc, first, last, number(outer, 1), carried,
          [&](OpBuilder &inner, Location, Value column, ValueRange state) {
            Value listed = buildIsListed(inner, place, column);
            scf::YieldOp::create(inner, loc,
                                 body(inner, column, listed, state));
          });
    };
    auto loop = scf::ForOp::create(
        b, loc, begin, end, number(b, kGroup), init,
        [&](OpBuilder &outer, Location, Value first, ValueRange carried) {
          IndexMath in(outer, loc);
          Value last = in.materialize(in.min(in.add(first, kGroup), end));
          Value may = buildAnswers(outer, place, first, last).first;
          auto branch = scf::IfOp::create(
              outer, loc, may,
              [&](OpBuilder &then, Location) {
                scf::YieldOp::create(
                    then, loc,
                    forColumns(then, first, last, carried).getResults());
              },
              [&](OpBuilder &otherwise, Location) {
                scf::YieldOp::create(otherwise, loc, carried);
              });
          scf::YieldOp::create(outer, loc, branch.getResults());
        });
    return SmallVector<Value>(loop.getResults());
  }

  /// Whether blocks of a row, from one column to another, may hold a pair, and
  /// whether they must. Intervals are asked about their keys alone, which some
  /// masks know more of.
  std::pair<Value, Value> buildAnswers(OpBuilder &b, ValueRange place,
                                       Value first, OpFoldResult last) {
    IndexMath at(b, loc);
    MaskIntervalBuilder queries = buildQueries(b, place);
    OpFoldResult begin = at.mul(first, type.getKeyBlock());
    OpFoldResult end = at.min(at.mul(last, type.getKeyBlock()), op.getCols());
    queries.colBegin = begin;
    queries.colEnd = end;
    SmallVector<MaskDisjunct> disjuncts;
    op.getMask().buildIntervals(queries, disjuncts);
    Value may = arith::ConstantIntOp::create(b, loc, 0, 1), must = may;
    auto meets = [&](Value some, OpFoldResult lo, OpFoldResult hi) -> Value {
      Value meet = less(b, at.max(lo, begin), at.min(hi, end));
      return arith::OrIOp::create(b, loc, some, meet);
    };
    for (const MaskDisjunct &d : disjuncts) {
      may = meets(may, d.mayLo, d.mayHi);
      must = meets(must, d.mustLo, d.mustHi);
    }
    return {may, must};
  }

  /// Whether the block of a row in this column is listed.
  Value buildIsListed(OpBuilder &b, ValueRange place, Value column) {
    IndexMath at(b, loc);
    auto [may, must] = buildAnswers(b, place, column, at.add(column, 1));
    if (op.getCoarse())
      return may;
    Value isOpen =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, may, must);
    auto branch = scf::IfOp::create(
        b, loc, isOpen,
        [&](OpBuilder &then, Location) {
          IndexMath in(then, loc);
          OpFoldResult begin = in.mul(column, type.getKeyBlock());
          OpFoldResult end =
              in.min(in.add(begin, type.getKeyBlock()), op.getCols());
          MaskIntervalBuilder searched = buildQueries(then, place);
          Value hasPair =
              buildHasPair(then, op, op.getMask(), {searched, begin, end});
          scf::YieldOp::create(then, loc, hasPair);
        },
        [&](OpBuilder &otherwise, Location) {
          scf::YieldOp::create(otherwise, loc, must);
        });
    return branch.getResult(0);
  }

  //===--------------------------------------------------------------------===//
  // Counting and filling
  //===--------------------------------------------------------------------===//

  /// A grid over (batch, head, row of blocks) that writes a slice of `init`.
  Value
  buildGrid(Value init,
            llvm::function_ref<void(OpBuilder &, ValueRange, Value)> cell) {
    SmallVector<OpFoldResult> bounds = {extents[0], extents[1], rows};
    auto grid = scf::ForallOp::create(builder, loc, bounds, ValueRange(init),
                                      /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(grid.getTerminator());
    cell(builder, grid.getInductionVars(), grid.getRegionIterArgs().front());
    return grid.getResult(0);
  }

  /// Writes `tile` back to where it was cut from, at the end of a grid's cell.
  void buildInsert(Value tile, tensor::ExtractSliceOp slice) {
    auto grid = cast<scf::ForallOp>(slice->getParentOp());
    builder.setInsertionPointToEnd(grid.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(
        builder, loc, tile, slice.getSource(), slice.getMixedOffsets(),
        slice.getMixedSizes(), slice.getMixedStrides());
  }

  /// The number of blocks of row t at [b, h, t + 1].
  Value buildCounts() {
    Value init = tensor::EmptyOp::create(builder, loc, extents, integer);
    return buildGrid(init, [&](OpBuilder &b, ValueRange place, Value out) {
      IndexMath at(b, loc);
      OpFoldResult one = at.constant(1);
      auto slice = tensor::ExtractSliceOp::create(
          b, loc, RankedTensorType::get({1}, integer), out,
          {place[0], place[1], at.add(place[2], 1)}, {one, one, one},
          {one, one, one});
      SmallVector<Value> count = foldBlocks(
          b, place, number(b, 0),
          [&](OpBuilder &inner, Value, Value listed,
              ValueRange carried) -> SmallVector<Value> {
            Value wide = arith::IndexCastUIOp::create(
                inner, loc, inner.getIndexType(), listed);
            return {arith::AddIOp::create(inner, loc, carried[0], wide)};
          });
      Value tile = tensor::InsertOp::create(b, loc, narrow(b, count[0]), slice,
                                            number(b, 0));
      buildInsert(tile, slice);
    });
  }

  /// The counts added up: what stands at [b, h, t] is the number of all blocks
  /// before row t.
  Value buildSums(Value counts) {
    Value zero = number(builder, 0), one = number(builder, 1);
    using Body =
        llvm::function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>;
    auto loop = [&](OpBuilder &b, OpFoldResult end, ValueRange init,
                    Body body) -> SmallVector<Value> {
      IndexMath at(b, loc);
      auto made = scf::ForOp::create(
          b, loc, zero, at.materialize(end), one, init,
          [&](OpBuilder &inner, Location, Value index, ValueRange carried) {
            scf::YieldOp::create(inner, loc, body(inner, index, carried));
          });
      return SmallVector<Value>(made.getResults());
    };
    auto heads = [&](OpBuilder &b, Value batch, ValueRange carried) {
      return loop(
          b, extents[1], carried,
          [&](OpBuilder &c, Value head, ValueRange carried) {
            Value start = tensor::InsertOp::create(
                c, loc, narrow(c, carried[1]), carried[0],
                ValueRange{batch, head, zero});
            return loop(
                c, rows, ValueRange{start, carried[1]},
                [&](OpBuilder &d, Value row,
                    ValueRange carried) -> SmallVector<Value> {
                  Value next = arith::AddIOp::create(d, loc, row, one);
                  Value place[] = {batch, head, next};
                  Value count = arith::IndexCastOp::create(
                      d, loc, d.getIndexType(),
                      tensor::ExtractOp::create(d, loc, carried[0], place));
                  Value sum = arith::AddIOp::create(d, loc, carried[1], count);
                  return {tensor::InsertOp::create(d, loc, narrow(d, sum),
                                                   carried[0], place),
                          sum};
                });
          });
    };
    return loop(builder, extents[0], ValueRange{counts, zero}, heads).front();
  }

  Value buildColumns(Value rowPtr) {
    auto load = [&](OpBuilder &b, ValueRange place) -> Value {
      return arith::IndexCastOp::create(
          b, loc, b.getIndexType(),
          tensor::ExtractOp::create(b, loc, rowPtr, place));
    };
    SmallVector<Value> last =
        llvm::map_to_vector(extents, [&](OpFoldResult extent) {
          return math.materialize(math.add(extent, -1));
        });
    Value number = load(builder, last);
    Value init = tensor::EmptyOp::create(
        builder, loc, ArrayRef<OpFoldResult>{number}, integer);
    return buildGrid(init, [&](OpBuilder &b, ValueRange place, Value out) {
      IndexMath at(b, loc);
      Value next = at.materialize(at.add(place[2], 1));
      Value first = load(b, place);
      Value end = load(b, {place[0], place[1], next});
      OpFoldResult one = at.constant(1);
      auto slice = tensor::ExtractSliceOp::create(
          b, loc, out, ArrayRef<OpFoldResult>{first},
          ArrayRef<OpFoldResult>{at.sub(end, first)},
          ArrayRef<OpFoldResult>{one});
      SmallVector<Value> filled = foldBlocks(
          b, place, ValueRange{slice, at.materialize(at.constant(0))},
          [&](OpBuilder &inner, Value column, Value listed,
              ValueRange carried) -> SmallVector<Value> {
            auto branch = scf::IfOp::create(
                inner, loc, listed,
                [&](OpBuilder &then, Location) {
                  IndexMath there(then, loc);
                  Value tile = tensor::InsertOp::create(
                      then, loc, narrow(then, column), carried[0], carried[1]);
                  Value one = there.materialize(there.add(carried[1], 1));
                  scf::YieldOp::create(then, loc, ValueRange{tile, one});
                },
                [&](OpBuilder &otherwise, Location) {
                  scf::YieldOp::create(otherwise, loc, carried);
                });
            return SmallVector<Value>(branch.getResults());
          });
      buildInsert(filled[0], slice);
    });
  }

  BlockMapOp op;
  BlocksType type;
  OpBuilder builder;
  Location loc;
  IndexMath math;
  Type integer;
  /// Of row_ptr, and the rows of blocks.
  SmallVector<OpFoldResult> extents;
  OpFoldResult rows;
};

struct AttnLowerBlockMaps
    : attn::impl::AttnLowerBlockMapsBase<AttnLowerBlockMaps> {
  void runOnOperation() override {
    SmallVector<BlockMapOp> maps;
    getOperation().walk([&](BlockMapOp map) { maps.push_back(map); });
    for (BlockMapOp map : maps)
      MapLowering(map).run();
  }
};

} // namespace
