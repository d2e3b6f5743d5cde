//===- StepLowering.cpp - one block of keys against few queries -----------===//
//
// Lowers attn.step in form row, for decoding steps: lanes run along the rows of
// K and V, so that an element of the cache costs a fraction of an instruction
// and memory is the limit. Panel by panel of W queries:
//
//   S      R keys by W queries in registers, each row of K loaded once for W
//          multiply-adds; a transposing tree sums the lanes of R * W
//          accumulators into whole vectors of scores, W queries of one key
//          beside those of the next
//   P      exponentials on these vectors, no lane idle
//   O      W queries by R vectors of a row of V, weights broadcast
//
// Without softmax scores are the weights, and P falls away.
//
// Scales of keys multiply their scores, scales of values the weights: no
// element of the cache is scaled. A ragged block repeats its last key, whose
// scores are then those of dropped pairs. Rows are asked for a block ahead: 16
// rows ahead read 5 to 40 % slower, slowest with vectors of 256 bits.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "Row/BlockRows.h"
#include "Vector/AcrossLanes.h"
#include "Vector/KeyRange.h"
#include "Vector/ScoreAdjuster.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();
/// Rows of at most so many vectors are gone through without a loop.
constexpr int64_t kUnrolledVectors = 16;

/// Lowers one step.
class RowStepLowering {
public:
  RowStepLowering(StepOp op, int64_t lanes)
      : op(op), schedule(op.getSchedule()), loc(op.getLoc()),
        element(cast<FloatType>(
            cast<MemRefType>(op.getAcc().getType()).getElementType())),
        lanes(lanes), panel(schedule.getPanel()), rows(schedule.getRows()),
        rule(op) {}

  LogicalResult run() {
    if (panel > lanes || lanes % panel != 0 || rows * panel % lanes != 0)
      return op.emitOpError()
             << "has a register tile of " << rows << " keys by " << panel
             << " queries in form row, expected whole vectors of " << lanes
             << " lanes that hold all queries of a key";
    OpBuilder builder(op);
    VectorBuilder b(builder, loc, element, lanes);
    Value numKeys =
        b.materialize(memref::getMixedSize(builder, loc, op.getKey(), 0));
    OpFoldResult firstRow = getAsOpFoldResult(op.getRow());
    KeyRange range = buildKeyRange(b, op, numKeys, firstRow,
                                   b.add(firstRow, op.getValidRows()));
    keyLo = range.lo;
    keyHi = range.hi;
    Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       keyLo, keyHi);
    scf::IfOp::create(builder, loc, some, [&](OpBuilder &then, Location) {
      VectorBuilder inner = b.at(then);
      buildPanels(inner, numKeys);
      scf::YieldOp::create(then, loc);
    });
    if (failed(result))
      return failure();
    op.erase();
    return success();
  }

private:
  void buildPanels(VectorBuilder &b, Value numKeys) {
    BlockRows key(b, op, op.getKey(), numKeys, op.getQuery(), "key rows");
    // Keys that are values as well are copied once at most.
    BlockRows value = op.getValue() == op.getKey()
                          ? key
                          : BlockRows(b, op, op.getValue(), numKeys,
                                      op.getAcc(), "value rows");
    int64_t tileKeys = llvm::alignTo(schedule.getKeyBlock(), rows);
    scores = getScratch(op, "row scores",
                        MemRefType::get({tileKeys * panel}, element));
    last = b.materialize(b.add(keyHi, -1));
    Value queries = op.getValidRows();
    if (op.getHeads())
      queries =
          arith::MulIOp::create(b.getBuilder(), loc, queries, op.getHeads());
    Value panels = b.materialize(b.ceilDiv(queries, panel));
    b.forEach(b.index(0), panels, 1, [&](VectorBuilder &b, Value p) {
      panelIndex = p;
      // Maxima are carried where there is a softmax.
      Value old, alpha;
      if (rule.isSoftmax)
        old = buildRepeated(b, loadPanel(b, op.getMax()));
      Value max = buildScores(b, key, old);
      if (rule.isSoftmax)
        alpha = buildWeights(b, old, max);
      buildOutput(b, value, alpha);
    });
  }

  /// W elements of the state.
  Value loadPanel(VectorBuilder &b, Value buffer) {
    return vector::LoadOp::create(b.getBuilder(), loc,
                                  VectorType::get({panel}, element), buffer,
                                  ValueRange{panelIndex, b.index(0)});
  }

  void storePanel(VectorBuilder &b, Value vector, Value buffer) {
    b.store(buildFirst(b, vector, panel), buffer, {panelIndex, b.index(0)});
  }

  /// Calls `body` for each run of R keys, with the keys themselves: a ragged
  /// run repeats the last. Nothing is carried where `init` is null.
  Value foldKeys(
      VectorBuilder &b, Value init,
      llvm::function_ref<Value(VectorBuilder &, Value, ArrayRef<Value>, Value)>
          body) {
    SmallVector<Value> carried;
    if (init)
      carried.push_back(init);
    carried =
        b.fold(keyLo, keyHi, rows, carried,
               [&](VectorBuilder &b, Value j,
                   ValueRange carried) -> SmallVector<Value> {
                 SmallVector<Value> keys = {j};
                 for (int64_t r = 1; r < rows; ++r)
                   keys.push_back(b.materialize(b.min(b.add(j, r), last)));
                 Value next = body(b, j, keys, init ? carried[0] : Value());
                 if (!init)
                   return {};
                 return {next};
               });
    return init ? carried.front() : Value();
  }

  /// Asks for cache line `number` of the same keys of the next block, in the
  /// order of addresses: only that order is one that machines read ahead in.
  void prefetch(VectorBuilder &b, const BlockRows &block, ArrayRef<Value> keys,
                int64_t number, Value column) {
    std::optional<int64_t> width = getConstantIntValue(block.getWidth());
    int64_t line = block.getVectorsOfLine(lanes) * lanes;
    Value row = keys[number % rows];
    if (width && *width % line == 0) {
      int64_t linesOfRow = *width / line;
      row = keys[number / linesOfRow % rows];
      column = b.index(number % linesOfRow * line);
    }
    Value next = b.materialize(b.add(row, schedule.getKeyBlock()));
    block.prefetch(b, next, column);
  }

  /// Where vector `u` of the scores of the run that begins at `j` lies.
  Value scorePlace(VectorBuilder &b, Value j, int64_t u) {
    return b.materialize(
        b.add(b.mul(b.sub(j, getAsOpFoldResult(keyLo)), panel), u * lanes));
  }

  int64_t numScoreVectors() const { return rows * panel / lanes; }
  int64_t keysOfVector() const { return lanes / panel; }

  //===--------------------------------------------------------------------===//
  // Scores
  //===--------------------------------------------------------------------===//

  /// Scores of all visible keys to the buffer, as weights without softmax; the
  /// new maxima, repeated, if there is one.
  Value buildScores(VectorBuilder &b, const BlockRows &key, Value max) {
    Value firstQuery = b.materialize(b.mul(panelIndex, panel));
    Lanes places(op, lanes, panel, firstQuery,
                 b.getBuilder().saveInsertionPoint());
    max = foldKeys(
        b, max,
        [&](VectorBuilder &b, Value j, ArrayRef<Value> keys, Value carried) {
          SmallVector<Value> sums =
              buildSumsOfLanes(b, buildDots(b, key, keys));
          for (auto [u, score] : llvm::enumerate(sums)) {
            if (op.getKeyScale())
              score = b.mulf(score, buildScales(b, op.getKeyScale(), keys, u));
            score = finishScore(b, places, score, j, u);
            if (rule.isSoftmax)
              carried = b.maxf(carried, score);
            else
              score = scaleWeight(b, score, keys, u);
            b.store(score, scores, {scorePlace(b, j, u)});
          }
          return carried;
        });
    if (!max)
      return max;
    return buildPeriodicReduction(
        b, max, panel, [&](Value x, Value y) { return b.maxf(x, y); });
  }

  /// R * W accumulators of products: those of one key beside each other.
  SmallVector<Value> buildDots(VectorBuilder &b, const BlockRows &key,
                               ArrayRef<Value> keys) {
    SmallVector<Value> acc(rows * panel, b.splat(0));
    int64_t line = key.getVectorsOfLine(lanes), vector = 0;
    auto accumulate = [&](VectorBuilder &b, Value column, ValueRange carried) {
      SmallVector<Value> queries, next;
      for (int64_t i = 0; i < panel; ++i)
        queries.push_back(
            b.load(op.getQuery(), {panelIndex, b.index(i), column}));
      for (int64_t r = 0; r < rows; ++r) {
        Value row = key.load(b, keys[r], column);
        if (vector % line == 0)
          prefetch(b, key, keys, vector / line * rows + r, column);
        for (int64_t i = 0; i < panel; ++i)
          next.push_back(vector::FMAOp::create(
              b.getBuilder(), loc, row, queries[i], carried[r * panel + i]));
      }
      return next;
    };
    std::optional<int64_t> known = getConstantIntValue(key.getWidth());
    if (!known || *known > kUnrolledVectors * lanes)
      return b.fold(b.index(0), b.materialize(key.getWidth()), lanes, acc,
                    accumulate);
    for (; vector * lanes < *known; ++vector)
      acc = accumulate(b, b.index(vector * lanes), acc);
    return acc;
  }

  /// The scales of the keys of vector `u` of a run, in the lanes of each.
  Value buildScales(VectorBuilder &b, Value scales, ArrayRef<Value> keys,
                    int64_t u) {
    SmallVector<Value> elements;
    for (Value key : keys.slice(u * keysOfVector(), keysOfVector()))
      elements.append(panel, b.loadScalar(scales, {key}));
    return vector::FromElementsOp::create(b.getBuilder(), loc, b.getType(),
                                          elements);
  }

  /// A vector of weights times the scales of the values they are for, if any.
  Value scaleWeight(VectorBuilder &b, Value weight, ArrayRef<Value> keys,
                    int64_t u) {
    if (!op.getValueScale())
      return weight;
    return b.mulf(weight, buildScales(b, op.getValueScale(), keys, u));
  }

  /// A vector of products to scores; those of dropped pairs beyond the last
  /// key.
  Value finishScore(VectorBuilder &b, Lanes &places, Value score, Value j,
                    int64_t u) {
    OpBuilder &builder = b.getBuilder();
    Value first = b.materialize(b.add(j, u * keysOfVector()));
    Value col = b.materialize(b.add(op.getCol(), first));
    Value lastCol = b.materialize(b.add(op.getCol(), last));
    Value bias;
    if (op.getBias())
      bias = buildLaneBias(b, places, col, lastCol);
    if (bias || hasAdjustedScores(op)) {
      FailureOr<Value> adjusted =
          buildAdjustedScore(b, places, score, bias, col, lastCol);
      if (failed(adjusted))
        result = failure();
      else
        score = *adjusted;
    }
    // Lane l is key first + l / W of the block.
    SmallVector<int32_t> further;
    for (int64_t lane = 0; lane < lanes; ++lane)
      further.push_back(lane / panel);
    auto type = VectorType::get({lanes}, builder.getI32Type());
    Value number = arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, ArrayRef(further)));
    Value left = b.materialize(b.sub(keyHi, first));
    Value valid = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, number,
        places.splat(builder, left, builder.getI32Type()));
    return arith::SelectOp::create(builder, loc, valid, score,
                                   b.splat(rule.dropped));
  }

  /// The bias of each lane in the units of scores, read one by one.
  Value buildLaneBias(VectorBuilder &b, Lanes &places, Value col,
                      Value lastCol) {
    OpBuilder &builder = b.getBuilder();
    Type index = builder.getIndexType();
    Value heads = places.getHeads(), raw = places.getRows(index);
    Value keys = places.buildKeys(builder, col, lastCol, index);
    auto lane = [&](Value value, int64_t k) -> Value {
      if (!isa<VectorType>(value.getType()))
        return value;
      return vector::ExtractOp::create(builder, loc, value, k);
    };
    unsigned rank = cast<MemRefType>(op.getBias().getType()).getRank();
    OpFoldResult lastRow = b.add(op.getNumRows(), -1);
    SmallVector<Value> elements;
    for (int64_t k = 0; k < lanes; ++k) {
      // Lanes beyond the last query of the tile read what is there.
      Value row = b.materialize(b.min(lane(raw, k), lastRow));
      Value place[] = {op.getBatch(), lane(heads, k), row, lane(keys, k)};
      SmallVector<Value> indices;
      for (unsigned dim = 0; dim < rank; ++dim)
        indices.push_back(buildBiasIndex(b, op, dim, place[dim + 4 - rank]));
      elements.push_back(b.loadScalar(op.getBias(), indices));
    }
    Value bias =
        vector::FromElementsOp::create(builder, loc, b.getType(), elements);
    return b.mulf(bias, b.splat(rule.unit));
  }

  //===--------------------------------------------------------------------===//
  // Weights and output
  //===--------------------------------------------------------------------===//

  /// Scores to exponentials; new maxima and sums. Returns alpha, repeated.
  Value buildWeights(VectorBuilder &b, Value old, Value max) {
    // A row that has seen no key keeps -inf and must not compute inf - inf.
    Value safe = b.selectEqual(max, kMinusInf, b.splat(0), max);
    Value alpha = b.exp2(b.subf(old, safe));
    Value sum = foldKeys(
        b, b.splat(0),
        [&](VectorBuilder &b, Value j, ArrayRef<Value> keys, Value carried) {
          for (int64_t u = 0; u < numScoreVectors(); ++u) {
            Value place = scorePlace(b, j, u);
            Value weight = b.exp2(b.subf(b.load(scores, {place}), safe));
            carried = b.addf(carried, weight);
            b.store(scaleWeight(b, weight, keys, u), scores, {place});
          }
          return carried;
        });
    sum = buildPeriodicReduction(
        b, sum, panel, [&](Value x, Value y) { return b.addf(x, y); });
    Value before = buildRepeated(b, loadPanel(b, op.getSum()));
    storePanel(b, b.addf(b.mulf(before, alpha), sum), op.getSum());
    storePanel(b, max, op.getMax());
    return alpha;
  }

  /// acc = alpha acc + weights V, as many vectors at a time as the scores have
  /// keys in registers; alpha is 1 where it is null.
  void buildOutput(VectorBuilder &b, const BlockRows &value, Value alpha) {
    SmallVector<Value> factors;
    for (int64_t i = 0; alpha && i < panel; ++i)
      factors.push_back(b.broadcast(
          vector::ExtractOp::create(b.getBuilder(), loc, alpha, i)));
    int64_t columns = rows * lanes;
    OpFoldResult width = value.getWidth();
    Value whole = b.materialize(b.mul(b.floorDiv(width, columns), columns));
    b.forEach(b.index(0), whole, columns, [&](VectorBuilder &b, Value e) {
      buildOutputTile(b, value, e, rows, factors);
    });
    if (std::optional<int64_t> known = getConstantIntValue(width)) {
      if (int64_t left = *known % columns / lanes)
        buildOutputTile(b, value, whole, left, factors);
      return;
    }
    b.forEach(whole, b.materialize(width), lanes,
              [&](VectorBuilder &b, Value e) {
                buildOutputTile(b, value, e, 1, factors);
              });
  }

  /// Columns [e, e + vectors * lanes) of the accumulator.
  void buildOutputTile(VectorBuilder &b, const BlockRows &value, Value e,
                       int64_t vectors, ArrayRef<Value> factors) {
    SmallVector<Value> columns, acc;
    for (int64_t c = 0; c < vectors; ++c)
      columns.push_back(b.materialize(b.add(e, c * lanes)));
    for (int64_t i = 0; i < panel; ++i)
      for (int64_t c = 0; c < vectors; ++c) {
        Value old = b.load(op.getAcc(), {panelIndex, b.index(i), columns[c]});
        acc.push_back(factors.empty() ? old : b.mulf(old, factors[i]));
      }
    acc = b.fold(
        keyLo, keyHi, 1, acc,
        [&](VectorBuilder &b, Value j, ValueRange carried) {
          SmallVector<Value> row, next;
          int64_t keyBlock = schedule.getKeyBlock();
          for (int64_t c = 0; c < vectors; ++c) {
            row.push_back(value.load(b, j, columns[c]));
            if (c % value.getVectorsOfLine(lanes) == 0)
              value.prefetch(b, b.materialize(b.add(j, keyBlock)), columns[c]);
          }
          for (int64_t i = 0; i < panel; ++i) {
            Value weight = b.broadcast(b.loadScalar(
                scores, {b.materialize(b.add(scorePlace(b, j, 0), i))}));
            for (int64_t c = 0; c < vectors; ++c)
              next.push_back(vector::FMAOp::create(b.getBuilder(), loc, weight,
                                                   row[c],
                                                   carried[i * vectors + c]));
          }
          return next;
        });
    for (int64_t i = 0; i < panel; ++i)
      for (int64_t c = 0; c < vectors; ++c)
        b.store(acc[i * vectors + c], op.getAcc(),
                {panelIndex, b.index(i), columns[c]});
  }

  StepOp op;
  ScheduleAttr schedule;
  Location loc;
  FloatType element;
  /// Lanes of a vector, queries of a panel (W), keys of a register tile (R).
  int64_t lanes, panel, rows;
  WeightRule rule;
  Value scores;
  /// Visible keys of the block, and the last of them.
  Value keyLo, keyHi, last;
  /// Of the panel being built.
  Value panelIndex;
  LogicalResult result = success();
};

} // namespace

LogicalResult attn::lowerRowStep(StepOp op, int64_t lanes) {
  return RowStepLowering(op, lanes).run();
}
