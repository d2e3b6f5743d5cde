//===- ScalarDecay.cpp - decay by one number a token ----------------------===//
//
// Implements decay by a number for each token or head, and none. With g the
// sums of logarithms up to each token, token j weighs exp(g_i - g_j) for token
// i: an exponent of at most 0. The sums are f64: the difference of two large
// sums of f32 has lost the digits of small decays between them. A logarithm of
// -inf, which would make differences NaN, counts as -1000: its exponential is 0
// too.
//
//===----------------------------------------------------------------------===//

#include "Linear/Chunk.h"
#include "Linear/ChunkRows.h"
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// A logarithm that stands for a factor of 0.
static constexpr double kVanished = -1000;

namespace {

class ScalarDecay : public ChunkDecay {
public:
  ScalarDecay(VectorBuilder &b, Chunk &chunk) : chunk(chunk) {
    if (!chunk.op.getDecay())
      return;
    buildSums(b);
    buildFactors(b);
  }

  Value buildWeights(VectorBuilder &b, Value rows, Value weights,
                     Value beta) override {
    Value keyColumns = chunk.getBuffer("linear.key_columns",
                                       {chunk.paddedKeyWidth, chunk.tokens});
    // Keys are the same for all heads that read them.
    if (!hasColumns)
      buildTransposedRows(b, chunk.keys, b.index(0), b.index(chunk.tokens),
                          keyColumns);
    hasColumns = true;
    TileRange range = {chunk.rowsOfTile,   chunk.tokens,
                       chunk.tokens,       chunk.count,
                       /*columnLimit=*/{}, /*fromDiagonal=*/true};
    forEachTile(b, range, [&](VectorBuilder &b, SumTile &tile) {
      tile.add(b, {rows}, keyColumns, b.index(0), b.index(chunk.keyWidth));
      weigh(b, tile, beta);
      tile.store(b, weights);
    });
    return rows;
  }

  void addStateRows(VectorBuilder &b, SumTile &tile, Value rows) override {
    tile.add(b, {rows}, chunk.state, b.index(0), b.index(chunk.keyWidth));
    if (!sums)
      return;
    SmallVector<Value> factors;
    for (int64_t r = 0; r < tile.tile.rows; ++r)
      factors.push_back(b.broadcast(buildRowFactor(b, tile.getRow(b, r))));
    tile.update(b, [&](VectorBuilder &b, Value sum, int64_t r, int64_t) {
      return b.mulf(sum, factors[r]);
    });
  }

  Value buildRowFactor(VectorBuilder &b, Value row) override {
    return sums ? b.loadScalar(sinceStart, {row}) : Value();
  }

  LeftMatrix buildUpdateKeys(VectorBuilder &b) override {
    if (!sums)
      return {chunk.keys, /*isTransposed=*/true};
    b.forEach(b.index(0), chunk.count, 1, [&](VectorBuilder &b, Value token) {
      buildScaledRow(b, chunk.keys, token, b.loadScalar(toEnd, {token}));
    });
    return {chunk.keys, /*isTransposed=*/true};
  }

  void decayState(VectorBuilder &b, SumTile &tile) override {
    if (!sums)
      return;
    Value factor = b.broadcast(ofChunk);
    tile.update(b, [&](VectorBuilder &b, Value sum, int64_t, int64_t) {
      return b.mulf(sum, factor);
    });
  }

  Value decayColumn(VectorBuilder &b, Value column, Value) override {
    return sums ? b.mulf(column, b.broadcast(ofChunk)) : column;
  }

  void addTotal(VectorBuilder &b, Value total) override {
    if (!sums)
      return;
    Value last = narrow(b, loadSum(b, b.index(chunk.tokens - 1)));
    Value before = b.loadScalar(total, {b.index(0)});
    b.storeScalar(b.addf(before, b.mulf(last, b.number(kLn2))), total,
                  {b.index(0)});
  }

private:
  /// Sums of logarithms, in units of log2, of every token of the chunk: those
  /// that do not exist add nothing.
  void buildSums(VectorBuilder &b) {
    OpBuilder &builder = b.getBuilder();
    Type wide = builder.getF64Type();
    sums = chunk.getBuffer("linear.decay_sums", {chunk.tokens}, wide);
    Value decay = chunk.op.getDecay();
    bool isConstant =
        cast<MemRefType>(decay.getType()).getShape() == ArrayRef<int64_t>(1);
    Value zero = arith::ConstantOp::create(builder, b.getLoc(),
                                           builder.getF64FloatAttr(0));
    auto buildToken = [&](VectorBuilder &b, Value token, ValueRange carried) {
      Value log = b.loadScalar(decay, {isConstant ? b.index(0) : token});
      Value sum = b.addf(carried.front(), widen(b, log));
      memref::StoreOp::create(b.getBuilder(), b.getLoc(), sum, sums, token);
      return SmallVector<Value>{sum};
    };
    Value last = b.fold(b.index(0), chunk.count, 1, zero, buildToken).front();
    b.forEach(chunk.count, b.index(chunk.tokens), 1,
              [&](VectorBuilder &b, Value token) {
                memref::StoreOp::create(b.getBuilder(), b.getLoc(), last, sums,
                                        token);
              });
  }

  /// Exponentials of sums, by vectors and once for all products. Tokens that do
  /// not exist have the sums of the last one.
  void buildFactors(VectorBuilder &b) {
    sinceStart = chunk.getBuffer("linear.since_start", {chunk.tokens});
    toEnd = chunk.getBuffer("linear.to_end", {chunk.tokens});
    decays = chunk.getBuffer("linear.decays", {chunk.tokens, chunk.tokens});
    Value all = b.index(chunk.tokens);
    ofChunk =
        buildDecayFactor(b, narrow(b, loadSum(b, b.index(chunk.tokens - 1))));
    Value last = broadcastSum(b, b.index(chunk.tokens - 1));
    auto store = [&](VectorBuilder &b, Value exponent, Value buffer,
                     ValueRange place) {
      b.store(b.exp2(narrow(b, exponent)), buffer, place);
    };
    b.forEach(b.index(0), all, b.lanes, [&](VectorBuilder &b, Value token) {
      Value each = loadSums(b, token);
      store(b, each, sinceStart, token);
      store(b, b.subf(last, each), toEnd, token);
    });
    b.forEach(b.index(0), all, 1, [&](VectorBuilder &b, Value row) {
      Value end = b.materialize(b.add(row, 1)), sum = broadcastSum(b, row);
      b.forEach(b.index(0), end, b.lanes, [&](VectorBuilder &b, Value column) {
        store(b, b.subf(sum, loadSums(b, column)), decays, {row, column});
      });
    });
  }

  VectorType getWideType(VectorBuilder &b) {
    return VectorType::get({b.lanes}, b.getBuilder().getF64Type());
  }

  Value loadSums(VectorBuilder &b, Value token) {
    return vector::LoadOp::create(b.getBuilder(), b.getLoc(), getWideType(b),
                                  sums, token);
  }

  Value broadcastSum(VectorBuilder &b, Value token) {
    return vector::BroadcastOp::create(b.getBuilder(), b.getLoc(),
                                       getWideType(b), loadSum(b, token));
  }

  /// A logarithm in units of log2, as f64.
  Value widen(VectorBuilder &b, Value log) {
    OpBuilder &builder = b.getBuilder();
    Type wide = builder.getF64Type();
    if (log.getType() != wide)
      log = arith::ExtFOp::create(builder, b.getLoc(), wide, log);
    auto constant = [&](double value) -> Value {
      return arith::ConstantOp::create(builder, b.getLoc(),
                                       builder.getF64FloatAttr(value));
    };
    log = b.maxf(constant(kVanished), log);
    return b.mulf(log, constant(kLog2E));
  }

  /// f64, a number or a vector, as the accumulator's type.
  Value narrow(VectorBuilder &b, Value exponent) {
    Type type = b.element;
    if (auto vector = dyn_cast<VectorType>(exponent.getType()))
      type = VectorType::get(vector.getShape(), b.element);
    if (exponent.getType() == type)
      return exponent;
    return arith::TruncFOp::create(b.getBuilder(), b.getLoc(), type, exponent);
  }

  Value loadSum(VectorBuilder &b, Value token) {
    return memref::LoadOp::create(b.getBuilder(), b.getLoc(), sums, token);
  }

  /// Products to weights.
  void weigh(VectorBuilder &b, SumTile &tile, Value beta) {
    OpBuilder &builder = b.getBuilder();
    Location loc = b.getLoc();
    Type index = VectorType::get({b.lanes}, builder.getIndexType());
    SmallVector<Value> numbers;
    Value steps = vector::StepOp::create(builder, loc, index);
    for (int64_t v = 0; v < tile.tile.vectors; ++v) {
      Value column = tile.getColumn(b, v);
      Value first = vector::BroadcastOp::create(builder, loc, index, column);
      numbers.push_back(arith::AddIOp::create(builder, loc, first, steps));
    }
    SmallVector<Value> rows, betas;
    for (int64_t r = 0; r < tile.tile.rows; ++r) {
      Value row = tile.getRow(b, r);
      rows.push_back(vector::BroadcastOp::create(builder, loc, index, row));
      if (beta)
        betas.push_back(
            b.broadcast(b.mulf(b.loadScalar(beta, {row}), b.number(-1))));
    }
    auto predicate =
        beta ? arith::CmpIPredicate::slt : arith::CmpIPredicate::sle;
    tile.update(b, [&](VectorBuilder &b, Value sum, int64_t r, int64_t v) {
      if (sums)
        sum = b.mulf(sum,
                     b.load(decays, {tile.getRow(b, r), tile.getColumn(b, v)}));
      if (beta)
        sum = b.mulf(sum, betas[r]);
      Value sees = arith::CmpIOp::create(b.getBuilder(), loc, predicate,
                                         numbers[v], rows[r]);
      return arith::SelectOp::create(b.getBuilder(), loc, sees, sum, b.splat(0))
          .getResult();
    });
  }

  Chunk &chunk;
  /// Sums of logarithms up to each token; null without decay.
  Value sums;
  /// What is left at a token of the state before the chunk, at the chunk's end
  /// of a token, and at token i of token j up to it, `[C, C]`.
  Value sinceStart, toEnd, decays;
  /// What the state decays by, a number.
  Value ofChunk;
  bool hasColumns = false;
};

} // namespace

Value attn::buildDecayFactor(VectorBuilder &b, Value exponent) {
  Type type = exponent.getType();
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto constant = [&](double value) -> Value {
    return isa<VectorType>(type) ? b.splat(value) : b.number(value);
  };
  // Terms (ln(2) x)^n / n! beyond are below half an ulp of 1 for x > -1/4.
  int degree = b.element.getWidth() == 64 ? 13 : 6;
  SmallVector<double> coefficients = {1};
  for (int n = 1; n <= degree; ++n)
    coefficients.push_back(coefficients.back() * kLn2 / n);
  Value series = constant(coefficients[degree]);
  for (int n = degree - 1; n >= 0; --n)
    series = b.addf(b.mulf(series, exponent), constant(coefficients[n]));
  Value isNear = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                       exponent, constant(-0.25));
  return arith::SelectOp::create(builder, loc, isNear, series,
                                 b.exp2(exponent));
}

std::unique_ptr<ChunkDecay> attn::createScalarDecay(VectorBuilder &b,
                                                    Chunk &chunk) {
  return std::make_unique<ScalarDecay>(b, chunk);
}
