//===- AttnLowerRandomLimits.cpp - the hashes that random masks keep ------===//
//
// Turns each attn.random_limits into a grid over batch elements, heads and
// rows. A row goes through the keys that its candidates' intervals leave, 64 at
// a time. The r smallest hashes so far stand in a heap whose root is the
// largest of them, at first all bits set:
//
//   least = the smallest hash of the 64 keys       (a loop that vectorises)
//   if least < root: each candidate with a hash below the root replaces it
//
// In the end the root is the limit. Hashes are as good as random, so that of N
// keys r log(N / r) enter the heap. Rows of one block that stand in one block
// of positions have one limit.
//
//===----------------------------------------------------------------------===//

#include "ScalarMaskPredicate.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/RandomHash.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNLOWERRANDOMLIMITS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Keys whose hashes are compared at once.
constexpr int64_t kChunk = 64;
/// Rows of a cell of the grid, where no block says how many belong together.
constexpr int64_t kRows = 16;

/// Lowers one op.
class LimitsLowering {
public:
  explicit LimitsLowering(RandomLimitsOp op)
      : op(op), builder(op), loc(op.getLoc()), math(builder, loc),
        integer(builder.getI64Type()), unit(op.getUnit()),
        numRows(math.ceilDiv(op.getRows(), unit)),
        numCols(math.ceilDiv(op.getCols(), unit)),
        most(math.max(math.min(math.constant(op.getCount()), numCols),
                      math.constant(1))) {}

  void run() {
    int64_t height = unit == 1 ? kRows : unit;
    SmallVector<OpFoldResult> bounds = {op.getBatches(), op.getHeads(),
                                        math.ceilDiv(op.getRows(), height)};
    Value init = tensor::EmptyOp::create(
        builder, loc,
        ArrayRef<OpFoldResult>{op.getBatches(), op.getHeads(), op.getRows()},
        integer);
    auto grid = scf::ForallOp::create(builder, loc, bounds, ValueRange(init),
                                      /*mapping=*/std::nullopt);
    builder.setInsertionPoint(grid.getTerminator());
    SmallVector<Value> place(grid.getInductionVars());
    IndexMath at(builder, loc);
    OpFoldResult one = at.constant(1);
    OpFoldResult begin = at.mul(place[2], height);
    OpFoldResult count =
        at.min(at.sub(op.getRows(), begin), at.constant(height));
    auto slice = tensor::ExtractSliceOp::create(
        builder, loc, RankedTensorType::get({ShapedType::kDynamic}, integer),
        grid.getRegionIterArgs().front(), {place[0], place[1], begin},
        {one, one, at.materialize(count)}, {one, one, one});
    Value limits = buildCell(place, begin, count, slice);
    builder.setInsertionPointToEnd(grid.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(
        builder, loc, limits, slice.getSource(), slice.getMixedOffsets(),
        slice.getMixedSizes(), slice.getMixedStrides());
    op.getResult().replaceAllUsesWith(grid.getResult(0));
    op.erase();
  }

private:
  //===--------------------------------------------------------------------===//
  // Small ops
  //===--------------------------------------------------------------------===//

  Value number(OpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  /// All bits set: no hash is larger.
  Value largest(OpBuilder &b) {
    return arith::ConstantIntOp::create(b, loc, integer, -1);
  }

  Value isBelow(OpBuilder &b, Value lhs, Value rhs) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, lhs, rhs);
  }

  Value load(OpBuilder &b, Value heap, Value index) {
    return tensor::ExtractOp::create(b, loc, heap, index);
  }

  Value store(OpBuilder &b, Value value, Value heap, Value index) {
    return tensor::InsertOp::create(b, loc, value, heap, index);
  }

  /// The values that `then` builds where `condition` holds, else `otherwise`.
  SmallVector<Value>
  select(OpBuilder &b, Value condition, ValueRange otherwise,
         llvm::function_ref<SmallVector<Value>(OpBuilder &)> then) {
    auto branch = scf::IfOp::create(
        b, loc, condition,
        [&](OpBuilder &inner, Location) {
          scf::YieldOp::create(inner, loc, then(inner));
        },
        [&](OpBuilder &inner, Location) {
          scf::YieldOp::create(inner, loc, otherwise);
        });
    return SmallVector<Value>(branch.getResults());
  }

  using LoopBody =
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>;
  SmallVector<Value> loop(OpBuilder &b, OpFoldResult begin, OpFoldResult end,
                          int64_t step, ValueRange init, LoopBody body) {
    IndexMath at(b, loc);
    auto made = scf::ForOp::create(
        b, loc, at.materialize(begin), at.materialize(end), number(b, step),
        init, [&](OpBuilder &inner, Location, Value index, ValueRange carried) {
          scf::YieldOp::create(inner, loc, body(inner, index, carried));
        });
    return SmallVector<Value>(made.getResults());
  }

  //===--------------------------------------------------------------------===//
  // Rows
  //===--------------------------------------------------------------------===//

  /// The limits of rows [begin, begin + count) of one head, written to `tile`.
  Value buildCell(ValueRange place, OpFoldResult begin, OpFoldResult count,
                  Value tile) {
    Value room = tensor::EmptyOp::create(builder, loc,
                                         ArrayRef<OpFoldResult>{most}, integer);
    return loop(builder, math.constant(0), count, 1,
                ValueRange{tile, room, largest(builder)},
                [&](OpBuilder &b, Value row, ValueRange carried) {
                  return buildRow(b, place, begin, row, carried);
                })
        .front();
  }

  /// What is carried on from row `begin + row`: the tile, the room of the heap,
  /// and the limit.
  SmallVector<Value> buildRow(OpBuilder &b, ValueRange place,
                              OpFoldResult begin, Value row,
                              ValueRange carried) {
    IndexMath at(b, loc);
    MaskPair pair;
    pair.batch = place[0];
    pair.head = place[1];
    pair.queryRow = at.materialize(at.add(begin, row));
    OpFoldResult position = buildPosition(at, pair);
    pair.row = at.materialize(at.floorDiv(pair.queryRow, unit));
    pair.position = at.materialize(at.floorDiv(position, unit));
    pair.numRows = at.materialize(numRows);
    pair.numCols = at.materialize(numCols);
    Value isNew = buildIsNew(b, row, position);
    SmallVector<Value> limit =
        select(b, isNew, carried.drop_front(), [&](OpBuilder &then) {
          return buildLimit(then, pair, carried[1]);
        });
    return {store(b, limit[1], carried[0], row), limit[0], limit[1]};
  }

  OpFoldResult buildPosition(IndexMath &at, const MaskPair &pair) {
    OpFoldResult offset = at.constant(0);
    if (op.getOffset())
      offset = buildLoadOfBatch(at, op.getOffset(), pair.batch);
    else if (op.getPosition())
      offset = op.getPosition();
    return at.add(pair.queryRow, offset);
  }

  /// Whether a row of a cell, which lies in one block of rows, begins a block
  /// of positions, or the cell.
  Value buildIsNew(OpBuilder &b, Value row, OpFoldResult position) {
    IndexMath at(b, loc);
    Value zero = number(b, 0);
    auto isZero = [&](OpFoldResult index) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                   at.materialize(index), zero);
    };
    return arith::OrIOp::create(b, loc, isZero(row),
                                isZero(at.mod(position, unit)));
  }

  //===--------------------------------------------------------------------===//
  // The limit of one row
  //===--------------------------------------------------------------------===//

  /// The room of the heap, and the limit.
  SmallVector<Value> buildLimit(OpBuilder &b, MaskPair &pair, Value room) {
    IndexMath at(b, loc);
    Value rowHash = buildRowHash(b, loc, op.getSeed(), pair.head, pair.row);
    auto [lo, hi] = buildHull(b, pair);
    Value filled =
        linalg::FillOp::create(b, loc, largest(b), room).getResult(0);
    SmallVector<Value> heap = loop(
        b, lo, hi, kChunk, filled,
        [&](OpBuilder &body, Value first, ValueRange carried) {
          IndexMath inner(body, loc);
          Value end =
              inner.materialize(inner.min(inner.add(first, kChunk), hi));
          return buildChunk(body, pair, rowHash, first, end, carried.front());
        });
    return {heap.front(), load(b, heap.front(), number(b, 0))};
  }

  /// The keys that some candidate can be.
  std::pair<OpFoldResult, OpFoldResult> buildHull(OpBuilder &b,
                                                  const MaskPair &pair) {
    MaskIntervalBuilder intervals(b, loc);
    intervals.rowBegin = pair.row;
    intervals.rowEnd = intervals.add(pair.row, 1);
    intervals.setPositions(pair.position, pair.position);
    intervals.numRows = numRows;
    intervals.numCols = numCols;
    intervals.batch = pair.batch;
    intervals.head = pair.head;
    intervals.numHeads = intervals.constant(1);
    intervals.operands = op.getMaskOperands();
    SmallVector<MaskDisjunct> disjuncts;
    op.getMask().buildIntervals(intervals, disjuncts);
    OpFoldResult lo = numCols, hi = intervals.constant(0);
    for (const MaskDisjunct &d : disjuncts) {
      lo = intervals.min(lo, d.mayLo);
      hi = intervals.max(hi, d.mayHi);
    }
    return {intervals.max(lo, intervals.constant(0)),
            intervals.min(hi, numCols)};
  }

  Value buildHash(OpBuilder &b, Value rowHash, Value col) {
    Value key = arith::IndexCastOp::create(b, loc, integer, col);
    return buildMix(b, loc, arith::XOrIOp::create(b, loc, rowHash, key));
  }

  /// The heap after keys [first, end).
  SmallVector<Value> buildChunk(OpBuilder &b, const MaskPair &pair,
                                Value rowHash, Value first, Value end,
                                Value heap) {
    SmallVector<Value> least =
        loop(b, first, end, 1, largest(b),
             [&](OpBuilder &body, Value col,
                 ValueRange carried) -> SmallVector<Value> {
               Value hash = buildHash(body, rowHash, col);
               return {arith::MinUIOp::create(body, loc, carried[0], hash)};
             });
    Value isFound = isBelow(b, least.front(), load(b, heap, number(b, 0)));
    return select(b, isFound, heap, [&](OpBuilder &then) {
      return loop(then, first, end, 1, heap,
                  [&](OpBuilder &body, Value col, ValueRange carried) {
                    return buildKey(body, pair, rowHash, col, carried.front());
                  });
    });
  }

  /// The heap after one key.
  SmallVector<Value> buildKey(OpBuilder &b, MaskPair pair, Value rowHash,
                              Value col, Value heap) {
    Value hash = buildHash(b, rowHash, col);
    Value isSmall = isBelow(b, hash, load(b, heap, number(b, 0)));
    return select(b, isSmall, heap, [&](OpBuilder &then) {
      pair.col = col;
      ScalarMaskPredicate predicate(then, op, pair, op.getMaskOperands());
      Value isCandidate = op.getMask().buildContains(predicate);
      return select(then, isCandidate, heap, [&](OpBuilder &inner) {
        return replaceRoot(inner, heap, hash);
      });
    });
  }

  /// Puts `hash` in place of the root and lets it sink: larger children rise
  /// above it.
  SmallVector<Value> replaceRoot(OpBuilder &b, Value heap, Value hash) {
    Value zero = number(b, 0);
    Value count = IndexMath(b, loc).materialize(most);
    // Carried: the heap, and the place that the hash may take.
    auto sink = scf::WhileOp::create(
        b, loc, TypeRange{heap.getType(), zero.getType()},
        ValueRange{heap, zero},
        [&](OpBuilder &before, Location, ValueRange args) {
          Value child = buildLargerChild(before, args[0], args[1], count);
          Value isInside = isBelow(before, child, count);
          SmallVector<Value> isLarger =
              select(before, isInside, isInside,
                     [&](OpBuilder &then) -> SmallVector<Value> {
                       return {isBelow(then, hash, load(then, args[0], child))};
                     });
          scf::ConditionOp::create(before, loc, isLarger.front(), args);
        },
        [&](OpBuilder &after, Location, ValueRange args) {
          Value child = buildLargerChild(after, args[0], args[1], count);
          Value risen = load(after, args[0], child);
          scf::YieldOp::create(
              after, loc,
              ValueRange{store(after, risen, args[0], args[1]), child});
        });
    return {store(b, hash, sink.getResult(0), sink.getResult(1))};
  }

  /// The child of `place` that is larger, of which there may be none: `count`
  /// or beyond.
  Value buildLargerChild(OpBuilder &b, Value heap, Value place, Value count) {
    Value one = number(b, 1);
    Value twice = arith::AddIOp::create(b, loc, place, place);
    Value left = arith::AddIOp::create(b, loc, twice, one);
    Value right = arith::AddIOp::create(b, loc, left, one);
    return select(b, isBelow(b, right, count), left,
                  [&](OpBuilder &then) -> SmallVector<Value> {
                    Value isRight = isBelow(then, load(then, heap, left),
                                            load(then, heap, right));
                    return {arith::SelectOp::create(then, loc, isRight, right,
                                                    left)};
                  })
        .front();
  }

  RandomLimitsOp op;
  OpBuilder builder;
  Location loc;
  IndexMath math;
  Type integer;
  int64_t unit;
  /// Rows and keys, or blocks of them.
  OpFoldResult numRows, numCols;
  /// The hashes in the heap: those that are drawn, if there are as many keys.
  OpFoldResult most;
};

struct AttnLowerRandomLimits
    : attn::impl::AttnLowerRandomLimitsBase<AttnLowerRandomLimits> {
  void runOnOperation() override {
    SmallVector<RandomLimitsOp> ops;
    getOperation().walk([&](RandomLimitsOp op) { ops.push_back(op); });
    for (RandomLimitsOp op : ops)
      LimitsLowering(op).run();
  }
};

} // namespace
