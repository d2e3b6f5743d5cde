//===- SumColumn.cpp - what normalize divides by --------------------------===//
//
// Implements the column of sums beside products. As a column of the products it
// costs a whole vector where values fill theirs: a quarter more at E = 64 and
// 16 lanes. By itself a token takes a product of D elements, and a sum over its
// weights.
//
//===----------------------------------------------------------------------===//

#include "Linear/Chunk.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

int64_t Chunk::getProductWidth(VectorBuilder &b) {
  return op.getEps() && valueWidth % b.lanes == 0 ? valueWidth : stateWidth;
}

void attn::buildColumnIn(VectorBuilder &b, Value state, int64_t place,
                         Value column) {
  int64_t width = cast<MemRefType>(state.getType()).getDimSize(0);
  for (int64_t first = 0; first < width; first += b.lanes)
    b.store(b.splat(0), column, {b.index(first)});
  b.forEach(b.index(0), b.index(width), 1,
            [&](VectorBuilder &b, Value channel) {
              b.storeScalar(b.loadScalar(state, {channel, b.index(place)}),
                            column, {channel});
            });
}

Value attn::buildColumnProduct(VectorBuilder &b, Value rows, Value row,
                               Value column) {
  int64_t width = cast<MemRefType>(column.getType()).getDimSize(0);
  Value sum = b.splat(0);
  for (int64_t first = 0; first < width; first += b.lanes)
    sum = vector::FMAOp::create(b.getBuilder(), b.getLoc(),
                                b.load(rows, {row, b.index(first)}),
                                b.load(column, {b.index(first)}), sum);
  return sum;
}

SumColumn::SumColumn(VectorBuilder &b, Chunk &chunk) : chunk(chunk) {
  column = chunk.getBuffer("linear.sum_column", {chunk.paddedKeyWidth});
  buildColumnIn(b, chunk.state, chunk.valueWidth, column);
}

Value attn::buildSumOfLanes(VectorBuilder &b, Value vector) {
  return vector::ReductionOp::create(b.getBuilder(), b.getLoc(),
                                     vector::CombiningKind::ADD, vector,
                                     arith::FastMathFlags::reassoc);
}

void SumColumn::buildSums(VectorBuilder &b, ChunkDecay &decay, Value rows,
                          Value weights, Value sums) {
  b.forEach(b.index(0), chunk.count, 1, [&](VectorBuilder &b, Value row) {
    Value read = buildColumnProduct(b, rows, row, column);
    if (Value factor = decay.buildRowFactor(b, row))
      read = b.mulf(read, b.broadcast(factor));
    // Above the diagonal are zeros, to the end of a vector at least.
    Value end = b.materialize(b.add(row, 1));
    read = b.fold(b.index(0), end, b.lanes, read,
                  [&](VectorBuilder &b, Value first, ValueRange sum) {
                    return SmallVector<Value>{
                        b.addf(sum.front(), b.load(weights, {row, first}))};
                  })
               .front();
    b.storeScalar(buildSumOfLanes(b, read), sums,
                  {row, b.index(chunk.valueWidth)});
  });
}

void SumColumn::update(VectorBuilder &b, ChunkDecay &decay, Value keys) {
  for (int64_t first = 0; first < chunk.paddedKeyWidth; first += b.lanes) {
    Value channel = b.index(first);
    Value before = decay.decayColumn(b, b.load(column, {channel}), channel);
    Value after = b.fold(b.index(0), chunk.count, 1, before,
                         [&](VectorBuilder &b, Value token, ValueRange sum) {
                           return SmallVector<Value>{b.addf(
                               sum.front(), b.load(keys, {token, channel}))};
                         })
                      .front();
    b.store(after, column, {channel});
  }
  b.forEach(b.index(0), b.index(chunk.keyWidth), 1,
            [&](VectorBuilder &b, Value channel) {
              b.storeScalar(b.loadScalar(column, {channel}), chunk.state,
                            {channel, b.index(chunk.valueWidth)});
            });
}
