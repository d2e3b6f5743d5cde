//===- DeltaRule.cpp - what the delta rule writes -------------------------===//
//
// Implements the WY form of the delta rule: the values that a chunk adds to the
// state are X of (I + A) X = beta (V - decayed K S), A strictly lower
// triangular, by forward substitution: rows of earlier register tiles are a
// product, those of one tile are substituted in registers. Rows of X replace
// those of V.
//
//===----------------------------------------------------------------------===//

#include "Linear/Chunk.h"
#include "Linear/ChunkRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

void attn::buildDeltaValues(VectorBuilder &b, Chunk &chunk, ChunkDecay &decay,
                            Value beta) {
  // Tokens that do not exist write nothing.
  Value betas = chunk.getBuffer("linear.betas", {chunk.tokens});
  b.forEach(b.index(0), b.index(chunk.tokens), b.lanes,
            [&](VectorBuilder &b, Value token) {
              b.store(b.splat(0), betas, {token});
            });
  b.forEach(b.index(0), chunk.count, 1, [&](VectorBuilder &b, Value token) {
    b.storeScalar(b.loadScalar(beta, {token}), betas, {token});
  });
  Value negated =
      chunk.getBuffer("linear.key_weights", {chunk.tokens, chunk.tokens});
  Value rows = decay.buildWeights(b, chunk.keys, negated, betas);
  forEachTile(
      b,
      {chunk.rowsOfTile, chunk.tokens, chunk.stateWidth, chunk.count,
       chunk.columns},
      [&](VectorBuilder &b, SumTile &tile) {
        decay.addStateRows(b, tile, rows);
        tile.update(b, [&](VectorBuilder &b, Value read, int64_t r, int64_t v) {
          Value row = tile.getRow(b, r);
          Value value = b.load(chunk.values, {row, tile.getColumn(b, v)});
          return b.mulf(b.subf(value, read),
                        b.broadcast(b.loadScalar(betas, {row})));
        });
        tile.add(b, {negated}, chunk.values, b.index(0), tile.row);
        for (int64_t r = 1; r < tile.tile.rows; ++r)
          for (int64_t before = 0; before < r; ++before) {
            Value weight = b.broadcast(b.loadScalar(
                negated, {tile.getRow(b, r), tile.getRow(b, before)}));
            for (int64_t v = 0; v < tile.tile.vectors; ++v)
              tile.sums[r][v] =
                  vector::FMAOp::create(b.getBuilder(), b.getLoc(), weight,
                                        tile.sums[before][v], tile.sums[r][v]);
          }
        tile.store(b, chunk.values);
      });
}
