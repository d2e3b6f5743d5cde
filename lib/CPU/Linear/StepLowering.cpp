//===- StepLowering.cpp - linear attention by chunks ----------------------===//
//
// Lowers attn.linear_step in form chunk, and attn.linear_read. With a chunk's
// rows Q, K, V and the state S before it,
//
//   O = decayed Q S + (Q K^T * decay, up to the diagonal) V
//   S = decayed S + (decayed K)^T V
//
// so that all but the copies are products. Rows of O are one pass over a
// register tile, with both products in its sums; nothing above the diagonal is
// multiplied but the rest of its tiles. arXiv:2405.21060, arXiv:2312.06635.
//
//===----------------------------------------------------------------------===//

#include "Linear/Chunk.h"
#include "Linear/ChunkRows.h"
#include "Linear/Tokens.h"
#include "Lowering.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

static MemRefType typeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

Chunk::Chunk(VectorBuilder &b, LinearStepOp op)
    : op(op), element(b.element), tokens(op.getSchedule().getQueryBlock()),
      keyWidth(typeOf(op.getKey()).getDimSize(1)),
      paddedKeyWidth(llvm::alignTo(keyWidth, b.lanes)),
      valueWidth(typeOf(op.getValue()).getDimSize(1)),
      stateWidth(typeOf(op.getCarried()).getDimSize(1)),
      rowsOfTile(op.getSchedule().getRows()),
      count(buildExtent(b, op.getKey(), 0)),
      columns(ShapedType::isDynamic(valueWidth)
                  ? buildExtent(b, op.getValue(), 1)
                  : Value()),
      keys(getBuffer("linear.keys", {tokens, paddedKeyWidth})),
      values(getBuffer("linear.values", {tokens, stateWidth})),
      state(op.getCarried()) {}

Value Chunk::getBuffer(StringRef name, ArrayRef<int64_t> shape,
                       Type type) const {
  return getScratch(op, name, MemRefType::get(shape, type));
}

namespace {

/// Lowers one step.
class ChunkLowering {
public:
  ChunkLowering(VectorBuilder &b, LinearStepOp op) : chunk(b, op), op(op) {}

  void run(VectorBuilder &b) {
    buildRowsIn(b, op.getKey(), chunk.count, chunk.keys);
    buildValuesIn(b, TokenValues(op), chunk.count, chunk.values);
    bool isChannel = op.getDecay() && typeOf(op.getDecay()).getRank() == 2;
    decay =
        isChannel ? createChannelDecay(b, chunk) : createScalarDecay(b, chunk);
    if (op.getDelta())
      buildDeltaValues(b, chunk, *decay, op.getBeta());
    if (chunk.getProductWidth(b) != chunk.stateWidth)
      column.emplace(b, chunk);
    if (op.getQuery())
      b.forEach(b.index(0), buildExtent(b, op.getQuery(), 0), 1,
                [&](VectorBuilder &b, Value head) { buildRows(b, head); });
    if (op.getTotal())
      decay->addTotal(b, op.getTotal());
    updateState(b);
    op.erase();
  }

private:
  /// What the queries of one head read.
  void buildRows(VectorBuilder &b, Value head) {
    Value queries =
        chunk.getBuffer("linear.queries", {chunk.tokens, chunk.paddedKeyWidth});
    Value weights =
        chunk.getBuffer("linear.weights", {chunk.tokens, chunk.tokens});
    Value sums =
        chunk.getBuffer("linear.sums", {chunk.tokens, chunk.stateWidth});
    buildRowsIn(b, buildHead(b, op.getQuery(), head), chunk.count, queries,
                op.getScale().convertToDouble());
    Value rows = decay->buildWeights(b, queries, weights, /*beta=*/{});
    forEachTile(b,
                {chunk.rowsOfTile, chunk.tokens, chunk.getProductWidth(b),
                 chunk.count, chunk.columns},
                [&](VectorBuilder &b, SumTile &tile) {
                  decay->addStateRows(b, tile, rows);
                  // Rows of tokens that do not exist hold anything.
                  Value end = b.materialize(
                      b.min(b.add(tile.row, tile.tile.rows), chunk.count));
                  tile.add(b, {weights}, chunk.values, b.index(0), end);
                  tile.store(b, sums);
                });
    if (column)
      column->buildSums(b, *decay, rows, weights, sums);
    buildOut(b, op, sums, chunk.count, buildHead(b, op.getOut(), head),
             op.getEpsAttr());
  }

  void updateState(VectorBuilder &b) {
    LeftMatrix keys = decay->buildUpdateKeys(b);
    if (column)
      column->update(b, *decay, keys.buffer);
    forEachTile(b,
                {chunk.rowsOfTile, chunk.keyWidth, chunk.getProductWidth(b),
                 /*rowLimit=*/{}, chunk.columns},
                [&](VectorBuilder &b, SumTile &tile) {
                  tile.load(b, chunk.state);
                  decay->decayState(b, tile);
                  tile.add(b, keys, chunk.values, b.index(0), chunk.count);
                  tile.store(b, chunk.state);
                });
  }

  Chunk chunk;
  LinearStepOp op;
  std::unique_ptr<ChunkDecay> decay;
  /// Where products leave the column of sums out.
  std::optional<SumColumn> column;
};

} // namespace

void attn::lowerChunkStep(LinearStepOp op, int64_t lanes) {
  OpBuilder builder(op);
  VectorBuilder b(builder, op.getLoc(),
                  cast<FloatType>(typeOf(op.getCarried()).getElementType()),
                  lanes);
  ChunkLowering(b, op).run(b);
}

void attn::lowerLinearRead(LinearReadOp op, int64_t lanes) {
  OpBuilder builder(op);
  VectorBuilder b(builder, op.getLoc(),
                  cast<FloatType>(typeOf(op.getState()).getElementType()),
                  lanes);
  ScheduleAttr schedule = op.getSchedule();
  int64_t rows = schedule.getQueryBlock(),
          keyWidth = typeOf(op.getState()).getDimSize(0),
          stateWidth = typeOf(op.getState()).getDimSize(1);
  auto buffer = [&](StringRef name, int64_t width) {
    return getScratch(op, name, MemRefType::get({rows, width}, b.element));
  };
  Value queries = buffer("linear.queries", llvm::alignTo(keyWidth, lanes));
  Value sums = buffer("linear.sums", stateWidth);
  Value count = buildExtent(b, op.getQuery(), 1);
  int64_t valueWidth = typeOf(op.getOut()).getShape().back();
  // As in steps, the column of sums is no vector of products.
  Value column;
  if (op.getEps() && valueWidth % lanes == 0) {
    column =
        getScratch(op, "linear.sum_column",
                   MemRefType::get(llvm::alignTo(keyWidth, lanes), b.element));
    buildColumnIn(b, op.getState(), valueWidth, column);
  }
  auto buildHeads = [&](VectorBuilder &b, Value head) {
    buildRowsIn(b, buildHead(b, op.getQuery(), head), count, queries,
                op.getScale().convertToDouble());
    forEachTile(
        b, {schedule.getRows(), rows, column ? valueWidth : stateWidth, count},
        [&](VectorBuilder &b, SumTile &tile) {
          tile.add(b, {queries}, op.getState(), b.index(0), b.index(keyWidth));
          tile.store(b, sums);
        });
    if (column)
      b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value row) {
        Value sum = buildColumnProduct(b, queries, row, column);
        b.storeScalar(buildSumOfLanes(b, sum), sums,
                      {row, b.index(valueWidth)});
      });
    buildOut(b, op, sums, count, buildHead(b, op.getOut(), head),
             op.getEpsAttr());
  };
  b.forEach(b.index(0), buildExtent(b, op.getQuery(), 0), 1, buildHeads);
  op.erase();
}
