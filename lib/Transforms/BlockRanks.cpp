//===- BlockRanks.cpp - the ranks of a row of blocks ----------------------===//
//
// Implements the importance of blocks, the sum of the scores of a group of
// heads, and its order.
//
//===----------------------------------------------------------------------===//

#include "BlockRanks.h"
#include "BlockChoice.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the ranks of one row.
class RowRanks {
public:
  RowRanks(SelectOp op, ValueRange place)
      : op(op), loc(op.getLoc()), place(place) {}

  /// The ranks of all blocks.
  Value build(OpBuilder &builder, const BlockListTensors &among) {
    IndexMath math(builder, loc);
    numScores = op.buildScoreExtents(math).back();
    OpFoldResult numBlocks = math.ceilDiv(op.getCols(), op.getKeyBlock());
    Value first = math.materialize(math.constant(0));
    Value end = math.materialize(numBlocks);
    if (among)
      std::tie(first, end) =
          buildEntriesOfRow(math, among.rowPtr, place[0], place[1], place[2]);
    Value lowest = math.materialize(math.add(first, op.getInitial()));
    Value highest = math.materialize(math.add(end, -int64_t(op.getLocal())));
    // Blocks that are no candidates stay as they are.
    Value empty =
        tensor::EmptyOp::create(builder, loc, numBlocks, builder.getI32Type());
    Value ranks = linalg::FillOp::create(
                      builder, loc, buildInteger(builder, kNeverRank), empty)
                      .getResult(0);
    return loop(
        builder, first, end, ranks,
        [&](OpBuilder &body, Value entry, Value filled) -> Value {
          IndexMath in(body, loc);
          Value column = entry;
          if (among)
            column = buildLoadIndex(in, among.col, entry);
          Value isInitial = isLess(body, entry, lowest);
          Value isInner = isLess(body, entry, highest);
          // Scored are those that are neither initial nor local.
          Value isScored = arith::CmpIOp::create(
              body, loc, arith::CmpIPredicate::ugt, isInner, isInitial);
          Value rank = buildRank(body, loc, buildImportance(body, column));
          rank = arith::SelectOp::create(body, loc, isScored, rank,
                                         buildInteger(body, kAlwaysRank));
          return tensor::InsertOp::create(body, loc, rank, filled, column);
        });
  }

private:
  using LoopBody = llvm::function_ref<Value(OpBuilder &, Value, Value)>;

  /// A loop over [lo, hi) that carries one value.
  Value loop(OpBuilder &builder, OpFoldResult lo, OpFoldResult hi, Value init,
             LoopBody body) {
    IndexMath math(builder, loc);
    auto made = scf::ForOp::create(
        builder, loc, math.materialize(lo), math.materialize(hi),
        math.materialize(math.constant(1)), init,
        [&](OpBuilder &inner, Location, Value index, ValueRange carried) {
          scf::YieldOp::create(inner, loc, body(inner, index, carried[0]));
        });
    return made.getResult(0);
  }

  Value buildInteger(OpBuilder &builder, int32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }

  Value isLess(OpBuilder &builder, Value lhs, Value rhs) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, lhs,
                                 rhs);
  }

  /// The score of `column` in head `head`.
  Value buildScore(OpBuilder &builder, Value head, Value column) {
    SmallVector<Value> element;
    if (op.hasBatch())
      element.push_back(place[0]);
    element.append({head, place[2], column});
    Value score =
        tensor::ExtractOp::create(builder, loc, op.getScores(), element);
    return buildFloatCast(builder, loc, score, builder.getF32Type());
  }

  /// `sum` and what the scores of `head` give to block `column`.
  Value buildPartOfHead(OpBuilder &builder, Value head, Value column,
                        Value sum) {
    if (!op.getLength())
      return arith::AddFOp::create(builder, loc, sum,
                                   buildScore(builder, head, column));
    // In cells of `stride` keys: compressed keys that reach into the block.
    int64_t width = *op.getLength() / *op.getStride();
    int64_t cells = op.getKeyBlock() / *op.getStride();
    IndexMath math(builder, loc);
    OpFoldResult begin = math.mul(column, cells), end = math.add(begin, cells);
    OpFoldResult lo = math.max(math.add(begin, 1 - width), math.constant(0));
    OpFoldResult hi = math.min(end, numScores);
    return loop(
        builder, lo, hi, sum,
        [&](OpBuilder &body, Value entry, Value partial) -> Value {
          IndexMath in(body, loc);
          OpFoldResult shared =
              in.sub(in.min(in.add(entry, width), end), in.max(entry, begin));
          Value count = arith::IndexCastOp::create(body, loc, body.getI32Type(),
                                                   in.materialize(shared));
          Value factor =
              arith::SIToFPOp::create(body, loc, body.getF32Type(), count);
          Value part = arith::MulFOp::create(
              body, loc, buildScore(body, head, entry), factor);
          return arith::AddFOp::create(body, loc, partial, part);
        });
  }

  /// The scores of the heads of the group, added up.
  Value buildImportance(OpBuilder &builder, Value column) {
    IndexMath math(builder, loc);
    OpFoldResult first = math.mul(place[1], op.getGroup());
    Value zero = buildFloat(builder, loc, builder.getF32Type(), 0);
    return loop(builder, first, math.add(first, op.getGroup()), zero,
                [&](OpBuilder &body, Value head, Value sum) {
                  return buildPartOfHead(body, head, column, sum);
                });
  }

  SelectOp op;
  Location loc;
  ValueRange place;
  /// The scores of a row.
  OpFoldResult numScores;
};

} // namespace

Value attn::buildRanks(OpBuilder &builder, SelectOp op,
                       const BlockListTensors &among, ValueRange place) {
  return RowRanks(op, place).build(builder, among);
}
