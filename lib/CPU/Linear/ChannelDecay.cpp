//===- ChannelDecay.cpp - decay by channels of keys -----------------------===//
//
// Implements decay by a number for each token and channel. A weight is a sum
// over channels of q k exp(g_i - g_j), which is no product of q and k alone,
// and the factors exp(g_i) and exp(-g_j) apart overflow within some tens of
// tokens. So tokens are taken in blocks of 16. From one block to a later one
// the exponent is cut at the start of the later one, which makes both parts at
// most 0:
//
//   weights = (q exp(g_i - start)) (k exp(start - g_j))^T
//
// and the right factor follows from block to block, times what a block decays
// by. Within a block factors multiply up token by token. Sums of logarithms
// never go beyond a block, so their differences lose no digits.
// arXiv:2312.06635, §4.
//
//===----------------------------------------------------------------------===//

#include "Linear/Chunk.h"
#include "Linear/ChunkRows.h"
#include "Lowering.h"
#include "Vector/AcrossLanes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Tokens of a block.
static constexpr int64_t kBlock = 16;

namespace {

class ChannelDecay : public ChunkDecay {
public:
  ChannelDecay(VectorBuilder &b, Chunk &chunk)
      : chunk(chunk), blocks(llvm::divideCeil(chunk.tokens, kBlock)) {
    SmallVector<int64_t> rows = {chunk.tokens, chunk.paddedKeyWidth};
    factors = chunk.getBuffer("linear.factors", rows);
    sinceStart = chunk.getBuffer("linear.since_start", rows);
    toEnd = chunk.getBuffer("linear.to_end", rows);
    ofBlock = chunk.getBuffer("linear.of_block", {blocks, rows[1]});
    before = chunk.getBuffer("linear.before", {blocks + 1, rows[1]});
    buildFactors(b);
  }

  Value buildWeights(VectorBuilder &b, Value rows, Value weights,
                     Value beta) override;
  void addStateRows(VectorBuilder &b, SumTile &tile, Value rows) override {
    tile.add(b, {rows}, chunk.state, b.index(0), b.index(chunk.keyWidth));
  }
  LeftMatrix buildUpdateKeys(VectorBuilder &b) override;
  void decayState(VectorBuilder &b, SumTile &tile) override;
  Value decayColumn(VectorBuilder &b, Value column, Value channel) override {
    return b.mulf(column, b.load(before, {b.index(blocks), channel}));
  }
  void addTotal(VectorBuilder &b, Value total) override;

private:
  using Body = llvm::function_ref<void(VectorBuilder &, Value)>;
  void forEachChannel(VectorBuilder &b, Body body) {
    b.forEach(b.index(0), b.index(chunk.paddedKeyWidth), b.lanes, body);
  }
  /// The tokens of block `block`.
  std::pair<Value, Value> getTokens(VectorBuilder &b, Value block) {
    OpFoldResult begin = b.mul(block, kBlock);
    return {
        b.materialize(begin),
        b.materialize(b.min(b.add(begin, kBlock), b.constant(chunk.tokens)))};
  }
  /// Sums of the logarithms of all tokens, in units of log2.
  Value getSums() {
    return chunk.getBuffer("linear.sums_of_channels", {chunk.paddedKeyWidth});
  }
  void buildFactors(VectorBuilder &b);
  Value buildRowsOfBlock(VectorBuilder &b, Value rows, Value decayed,
                         Value block);
  void buildEarlier(VectorBuilder &b, Value rowsOfBlock, Value keyColumns,
                    Value weights, Value beta, Value begin);
  void buildDiagonal(VectorBuilder &b, Value rows, Value weights, Value beta,
                     Value begin, Value end);
  void buildKeyColumns(VectorBuilder &b, Value keyColumns, Value block,
                       Value begin, Value end);

  Chunk &chunk;
  int64_t blocks;
  /// What a token decays by, and those of its block up to it.
  Value factors, sinceStart;
  /// Keys decayed to the end of their block.
  Value toEnd;
  /// What a block decays by, and all blocks before it.
  Value ofBlock, before;
};

/// minus beta of `row` on all lanes.
Value negatedBeta(VectorBuilder &b, Value beta, Value row) {
  return b.mulf(b.loadScalar(beta, {row}), b.number(-1));
}

} // namespace

void ChannelDecay::buildFactors(VectorBuilder &b) {
  // Logarithms at first, in units of log2.
  buildRowsIn(b, chunk.op.getDecay(), chunk.count, factors, kLog2E);
  forEachChannel(b, [&](VectorBuilder &b, Value channel) {
    auto buildBlock = [&](VectorBuilder &b, Value block, ValueRange carried) {
      auto [begin, end] = getTokens(b, block);
      OpFoldResult last = b.add(b.add(end, begin), -1);
      // Keys are decayed by what comes after them: from the last one backwards.
      b.fold(begin, end, 1, b.splat(0),
             [&](VectorBuilder &b, Value k, ValueRange sum) {
               Value token = b.materialize(b.sub(last, k));
               Value key = b.load(chunk.keys, {token, channel});
               b.store(b.mulf(key, b.exp2(sum.front())), toEnd,
                       {token, channel});
               Value log = b.load(factors, {token, channel});
               return SmallVector<Value>{b.addf(sum.front(), log)};
             });
      Value sum =
          b.fold(begin, end, 1, b.splat(0),
                 [&](VectorBuilder &b, Value token, ValueRange carried) {
                   Value log = b.load(factors, {token, channel});
                   Value sum = b.addf(carried.front(), log);
                   b.store(b.exp2(sum), sinceStart, {token, channel});
                   b.store(b.exp2(log), factors, {token, channel});
                   return SmallVector<Value>{sum};
                 })
              .front();
      Value factor = buildDecayFactor(b, sum);
      b.store(carried[0], before, {block, channel});
      b.store(factor, ofBlock, {block, channel});
      return SmallVector<Value>{b.mulf(carried[0], factor),
                                b.addf(carried[1], sum)};
    };
    SmallVector<Value> all = b.fold(b.index(0), b.index(blocks), 1,
                                    {b.splat(1), b.splat(0)}, buildBlock);
    b.store(all[0], before, {b.index(blocks), channel});
    if (chunk.op.getTotal())
      b.store(all[1], getSums(), {channel});
  });
}

/// Rows of one block decayed from its start, and, in `decayed`, from that of
/// the chunk.
Value ChannelDecay::buildRowsOfBlock(VectorBuilder &b, Value rows,
                                     Value decayed, Value block) {
  Value result =
      chunk.getBuffer("linear.rows_of_block", {kBlock, chunk.paddedKeyWidth});
  auto [begin, end] = getTokens(b, block);
  b.forEach(begin, end, 1, [&, begin = begin](VectorBuilder &b, Value token) {
    Value place = b.materialize(b.sub(token, begin));
    forEachChannel(b, [&](VectorBuilder &b, Value channel) {
      Value row = b.mulf(b.load(rows, {token, channel}),
                         b.load(sinceStart, {token, channel}));
      b.store(row, result, {place, channel});
      b.store(b.mulf(row, b.load(before, {block, channel})), decayed,
              {token, channel});
    });
  });
  return result;
}

/// The weights of tokens of earlier blocks.
void ChannelDecay::buildEarlier(VectorBuilder &b, Value rowsOfBlock,
                                Value keyColumns, Value weights, Value beta,
                                Value begin) {
  // A tile that reaches beyond the earlier blocks writes where the block's own
  // weights will be.
  int64_t height = std::min(chunk.rowsOfTile, kBlock);
  TileRange range = {height, std::min(kBlock, chunk.tokens), chunk.tokens,
                     /*rowLimit=*/{}, begin};
  forEachTile(b, range, [&](VectorBuilder &b, SumTile &tile) {
    tile.add(b, {rowsOfBlock}, keyColumns, b.index(0), b.index(chunk.keyWidth));
    tile.row = b.materialize(b.add(begin, tile.row));
    if (beta) {
      SmallVector<Value> betas;
      for (int64_t r = 0; r < tile.tile.rows; ++r)
        betas.push_back(b.broadcast(negatedBeta(b, beta, tile.getRow(b, r))));
      tile.update(b, [&](VectorBuilder &b, Value sum, int64_t r, int64_t) {
        return b.mulf(sum, betas[r]);
      });
    }
    tile.store(b, weights);
  });
}

/// The weights of tokens of one block among themselves: a key is carried from
/// token to token, times what each decays by.
void ChannelDecay::buildDiagonal(VectorBuilder &b, Value rows, Value weights,
                                 Value beta, Value begin, Value end) {
  int64_t vectors = chunk.paddedKeyWidth / b.lanes;
  b.forEach(begin, end, 1, [&](VectorBuilder &b, Value row) {
    b.forEach(begin, b.index(chunk.tokens), b.lanes,
              [&](VectorBuilder &b, Value column) {
                b.store(b.splat(0), weights, {row, column});
              });
  });
  auto loadRow = [&](VectorBuilder &b, Value buffer, Value row) {
    SmallVector<Value> parts;
    for (int64_t v = 0; v < vectors; ++v)
      parts.push_back(b.load(buffer, {row, b.index(v * b.lanes)}));
    return parts;
  };
  auto weigh = [&](VectorBuilder &b, Value row, Value column, ValueRange key) {
    Value sum = b.splat(0);
    for (auto [part, ofKey] : llvm::zip_equal(loadRow(b, rows, row), key))
      sum = vector::FMAOp::create(b.getBuilder(), b.getLoc(), part, ofKey, sum);
    Value weight = vector::ReductionOp::create(b.getBuilder(), b.getLoc(),
                                               vector::CombiningKind::ADD, sum,
                                               arith::FastMathFlags::reassoc);
    if (beta)
      weight = b.mulf(weight, negatedBeta(b, beta, row));
    b.storeScalar(weight, weights, {row, column});
  };
  b.forEach(begin, end, 1, [&](VectorBuilder &b, Value column) {
    SmallVector<Value> key = loadRow(b, chunk.keys, column);
    if (!beta)
      weigh(b, column, column, key);
    b.fold(b.materialize(b.add(column, 1)), end, 1, key,
           [&](VectorBuilder &b, Value row, ValueRange carried) {
             SmallVector<Value> next;
             for (auto [part, factor] :
                  llvm::zip_equal(carried, loadRow(b, factors, row)))
               next.push_back(b.mulf(part, factor));
             weigh(b, row, column, next);
             return next;
           });
  });
}

/// Keys up to the end of `block` as columns, decayed to there.
void ChannelDecay::buildKeyColumns(VectorBuilder &b, Value keyColumns,
                                   Value block, Value begin, Value end) {
  b.forEach(
      b.index(0), b.index(chunk.keyWidth), 1,
      [&](VectorBuilder &b, Value channel) {
        Value factor = b.broadcast(b.loadScalar(ofBlock, {block, channel}));
        b.forEach(b.index(0), begin, b.lanes,
                  [&](VectorBuilder &b, Value token) {
                    Value key = b.load(keyColumns, {channel, token});
                    b.store(b.mulf(key, factor), keyColumns, {channel, token});
                  });
      });
  buildTransposedRows(b, toEnd, begin, end, keyColumns);
}

Value ChannelDecay::buildWeights(VectorBuilder &b, Value rows, Value weights,
                                 Value beta) {
  Value keyColumns = chunk.getBuffer("linear.key_columns",
                                     {chunk.paddedKeyWidth, chunk.tokens});
  Value decayed = chunk.getBuffer("linear.decayed_rows",
                                  {chunk.tokens, chunk.paddedKeyWidth});
  Value used = b.materialize(b.ceilDiv(chunk.count, kBlock));
  b.forEach(b.index(0), used, 1, [&](VectorBuilder &b, Value block) {
    auto [begin, end] = getTokens(b, block);
    Value rowsOfBlock = buildRowsOfBlock(b, rows, decayed, block);
    buildEarlier(b, rowsOfBlock, keyColumns, weights, beta, begin);
    buildDiagonal(b, rows, weights, beta, begin, end);
    buildKeyColumns(b, keyColumns, block, begin, end);
  });
  return decayed;
}

LeftMatrix ChannelDecay::buildUpdateKeys(VectorBuilder &b) {
  forEachChannel(b, [&](VectorBuilder &b, Value channel) {
    b.fold(b.index(0), b.index(blocks), 1, b.splat(1),
           [&](VectorBuilder &b, Value k, ValueRange after) {
             Value block = b.materialize(b.sub(b.constant(blocks - 1), k));
             auto [begin, end] = getTokens(b, block);
             b.forEach(begin, end, 1, [&](VectorBuilder &b, Value token) {
               Value key = b.load(toEnd, {token, channel});
               b.store(b.mulf(key, after.front()), chunk.keys,
                       {token, channel});
             });
             return SmallVector<Value>{
                 b.mulf(after.front(), b.load(ofBlock, {block, channel}))};
           });
  });
  return {chunk.keys, /*isTransposed=*/true};
}

void ChannelDecay::decayState(VectorBuilder &b, SumTile &tile) {
  SmallVector<Value> left;
  for (int64_t r = 0; r < tile.tile.rows; ++r)
    left.push_back(b.broadcast(
        b.loadScalar(before, {b.index(blocks), tile.getRow(b, r)})));
  tile.update(b, [&](VectorBuilder &b, Value sum, int64_t r, int64_t) {
    return b.mulf(sum, left[r]);
  });
}

void ChannelDecay::addTotal(VectorBuilder &b, Value total) {
  b.forEach(b.index(0), b.index(chunk.keyWidth), 1,
            [&](VectorBuilder &b, Value channel) {
              Value sum =
                  b.mulf(b.loadScalar(getSums(), {channel}), b.number(kLn2));
              b.storeScalar(b.addf(b.loadScalar(total, {channel}), sum), total,
                            {channel});
            });
}

std::unique_ptr<ChunkDecay> attn::createChannelDecay(VectorBuilder &b,
                                                     Chunk &chunk) {
  return std::make_unique<ChannelDecay>(b, chunk);
}
