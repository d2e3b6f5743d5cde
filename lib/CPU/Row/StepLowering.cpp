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
// scores are then those of dropped pairs.
//
// A single panel waits for memory, and memory waits for it unless requests come
// evenly: keys and values are read in turn, a run of few keys at a time, and so
// long runs, whose scores need no memory at all, are for several panels.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "Row/BlockRows.h"
#include "Row/RowScores.h"
#include "Vector/AcrossLanes.h"
#include "Vector/KeyRange.h"
#include "Vector/PanelRows.h"
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
/// Weights are 2 to the power of this at most.
constexpr double kMostLog2 = 8;

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
    int64_t mostKeys = llvm::alignTo(schedule.getKeyBlock(), rows);
    weights = getScratch(op, "row weights",
                         MemRefType::get({mostKeys * panel}, element));
    last = b.materialize(b.add(keyHi, -1));
    Value panels = b.materialize(b.ceilDiv(buildQueryCount(b, op), panel));
    cutRuns(b, panels, mostKeys);
    b.forEach(b.index(0), panels, 1, [&](VectorBuilder &b, Value p) {
      panelIndex = p;
      buildPanel(b, key, value);
    });
  }

  /// How keys are cut into runs. A single panel reads keys and values from
  /// memory, in turn and little of each. Of several only the first does, and
  /// keys that are the values are read once: there a run is the block.
  void cutRuns(VectorBuilder &b, Value panels, int64_t mostKeys) {
    auto key = cast<MemRefType>(op.getKey().getType());
    runKeys = keysAhead = b.constant(mostKeys);
    if (op.getKey() == op.getValue() || key.isDynamicDim(1))
      return;
    int64_t bits = key.getDimSize(1) * key.getElementTypeBitWidth();
    // With longer runs, memory waits while one is computed that the first cache
    // holds already; with shorter ones, what is done once a run costs more.
    int64_t ahead = 8 * schedule.getAhead(), ofRun = ahead * 2 / 3;
    int64_t few = std::clamp(ofRun / (bits * rows) * rows, rows, mostKeys);
    auto choose = [&](int64_t ofOne) {
      return b.selectLess(panels, b.constant(2), b.constant(ofOne),
                          b.constant(mostKeys));
    };
    runKeys = choose(few);
    keysAhead = choose(std::max(few, ahead / bits));
  }

  /// One panel against all visible keys, a run at a time. What is carried are
  /// the maxima, repeated, and the sums of each lane, where there is a softmax.
  void buildPanel(VectorBuilder &b, const BlockRows &key,
                  const BlockRows &value) {
    Value firstQuery = b.materialize(b.mul(panelIndex, panel));
    Lanes places(op, lanes, panel, firstQuery,
                 b.getBuilder().saveInsertionPoint());
    SmallVector<Value> state;
    if (rule.isSoftmax)
      state = {buildRepeated(b, loadPanel(b, op.getMax())), buildFirstSums(b)};
    auto runs = scf::ForOp::create(
        b.getBuilder(), loc, keyLo, keyHi, b.materialize(runKeys), state,
        [&](OpBuilder &builder, Location, Value j, ValueRange carried) {
          VectorBuilder inner = b.at(builder);
          runLo = j;
          runHi = inner.materialize(inner.min(inner.add(j, runKeys), keyHi));
          SmallVector<Value> next(carried);
          buildScores(inner, key, places, next);
          if (rule.isSoftmax)
            buildWeights(inner, next);
          buildOutput(inner, value);
          scf::YieldOp::create(builder, loc, next);
        });
    state = runs.getResults();
    if (!rule.isSoftmax)
      return;
    storePanel(b, state[0], op.getMax());
    Value sum = buildPeriodicReduction(
        b, state[1], panel, [&](Value x, Value y) { return b.addf(x, y); });
    storePanel(b, sum, op.getSum());
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

  /// The sums before the block, in the lanes of one key.
  Value buildFirstSums(VectorBuilder &b) {
    auto type = VectorType::get({panel}, element);
    Value zeros = arith::ConstantOp::create(b.getBuilder(), loc,
                                            b.getBuilder().getZeroAttr(type));
    SmallVector<int64_t> order;
    for (int64_t lane = 0; lane < lanes; ++lane)
      order.push_back(std::min(lane, panel));
    return vector::ShuffleOp::create(b.getBuilder(), loc,
                                     loadPanel(b, op.getSum()), zeros, order);
  }

  /// Calls `body` for each register tile of the run with its R keys: a ragged
  /// one repeats the last. Nothing is carried where `init` is null.
  Value foldTiles(
      VectorBuilder &b, Value init,
      llvm::function_ref<Value(VectorBuilder &, ArrayRef<Value>, Value)> body) {
    auto buildTile = [&](VectorBuilder &b, Value j, Value carried) {
      SmallVector<Value> keys = {j};
      for (int64_t r = 1; r < rows; ++r)
        keys.push_back(b.materialize(b.min(b.add(j, r), last)));
      return body(b, keys, carried);
    };
    SmallVector<Value> carried =
        b.fold(runLo, runHi, rows, init ? ValueRange(init) : ValueRange(),
               [&](VectorBuilder &b, Value j,
                   ValueRange carried) -> SmallVector<Value> {
                 Value next = buildTile(b, j, init ? carried[0] : Value());
                 if (!init)
                   return {};
                 return {next};
               });
    return init ? carried.front() : Value();
  }

  /// Where vector `u` of the weights of the tile that begins at `j` lies.
  Value weightPlace(VectorBuilder &b, Value j, int64_t u) {
    return b.materialize(
        b.add(b.mul(b.sub(j, getAsOpFoldResult(runLo)), panel), u * lanes));
  }

  int64_t numScoreVectors() const { return rows * panel / lanes; }
  int64_t keysOfVector() const { return lanes / panel; }

  //===--------------------------------------------------------------------===//
  // Scores
  //===--------------------------------------------------------------------===//

  /// R * W accumulators of products: those of one key beside each other. A loop
  /// over columns keeps each request for memory beside the products that hide
  /// it; in straight code all of them come first.
  SmallVector<Value> buildDots(VectorBuilder &b, const BlockRows &key,
                               ArrayRef<Value> keys) {
    SmallVector<Value> acc(rows * panel, b.splat(0));
    std::optional<int64_t> width = getConstantIntValue(key.getWidth());
    int64_t line = key.getLanesOfLine(b);
    int64_t step = width && *width % line == 0 ? line : lanes;
    return b.fold(b.index(0), b.materialize(key.getWidth()), step, acc,
                  [&](VectorBuilder &b, Value first, ValueRange carried) {
                    SmallVector<Value> next(carried);
                    OpFoldResult lines =
                        key.countLines(b, first, b.constant(rows));
                    for (int64_t offset = 0; offset < step; offset += lanes) {
                      Value column = b.materialize(b.add(first, offset));
                      SmallVector<Value> queries;
                      for (int64_t i = 0; i < panel; ++i)
                        queries.push_back(b.load(
                            op.getQuery(), {panelIndex, b.index(i), column}));
                      for (int64_t r = 0; r < rows; ++r) {
                        Value row = key.load(b, keys[r], column);
                        if (offset == 0)
                          key.prefetch(b, keys.front(), b.add(lines, r),
                                       keys[r], column, keysAhead);
                        for (int64_t i = 0; i < panel; ++i) {
                          Value &sum = next[r * panel + i];
                          sum = vector::FMAOp::create(b.getBuilder(), loc, row,
                                                      queries[i], sum);
                        }
                      }
                    }
                    return next;
                  });
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

  //===--------------------------------------------------------------------===//
  // Weights and output
  //===--------------------------------------------------------------------===//

  /// The scores of the run to the buffer, as weights without softmax; with it
  /// `state` to what it is before their weights are added.
  void buildScores(VectorBuilder &b, const BlockRows &key, Lanes &places,
                   SmallVectorImpl<Value> &state) {
    Value highest = rule.isSoftmax ? state[0] : Value();
    highest = foldTiles(
        b, highest, [&](VectorBuilder &b, ArrayRef<Value> keys, Value carried) {
          SmallVector<Value> sums =
              buildSumsOfLanes(b, buildDots(b, key, keys));
          for (auto [u, score] : llvm::enumerate(sums)) {
            if (op.getKeyScale())
              score = b.mulf(score, buildScales(b, op.getKeyScale(), keys, u));
            FailureOr<Value> finished = finishRowScore(
                b, op, places, score, b.add(keys.front(), u * keysOfVector()),
                {keyLo, keyHi});
            if (failed(finished)) {
              result = failure();
              continue;
            }
            score = *finished;
            if (rule.isSoftmax)
              carried = b.maxf(carried, score);
            else
              score = scaleWeight(b, score, keys, u);
            b.store(score, weights, {weightPlace(b, keys.front(), u)});
          }
          return carried;
        });
    if (rule.isSoftmax)
      state = buildRescaling(b, highest, state);
  }

  /// Scores to exponentials; the sums to what they are behind the run.
  void buildWeights(VectorBuilder &b, SmallVectorImpl<Value> &state) {
    Value safe = buildSafe(b, state[0]);
    state[1] = foldTiles(
        b, state[1],
        [&](VectorBuilder &b, ArrayRef<Value> keys, Value carried) {
          for (int64_t u = 0; u < numScoreVectors(); ++u) {
            Value place = weightPlace(b, keys.front(), u);
            Value weight = b.exp2(b.subf(b.load(weights, {place}), safe));
            carried = b.addf(carried, weight);
            b.store(scaleWeight(b, weight, keys, u), weights, {place});
          }
          return carried;
        });
  }

  /// A row that has seen no key keeps -inf and must not compute inf - inf.
  Value buildSafe(VectorBuilder &b, Value max) {
    return b.selectEqual(max, kMinusInf, b.splat(0), max);
  }

  /// Raises the maxima, and takes sums and accumulators down to them, where a
  /// score is so far above that its weight would be large: maxima that are
  /// somewhat too low cost nothing but a few bits of the exponent
  /// (FlashAttention 4), and most runs of keys find none above.
  SmallVector<Value> buildRescaling(VectorBuilder &b, Value highest,
                                    ValueRange state) {
    OpBuilder &builder = b.getBuilder();
    Value isAbove =
        arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, highest,
                              b.addf(state[0], b.splat(kMostLog2)));
    Value any = vector::ReductionOp::create(builder, loc,
                                            vector::CombiningKind::OR, isAbove);
    auto branch = scf::IfOp::create(
        builder, loc, any,
        [&](OpBuilder &then, Location) {
          VectorBuilder b(then, loc, element, lanes);
          Value max =
              buildPeriodicReduction(b, highest, panel, [&](Value x, Value y) {
                return b.maxf(x, y);
              });
          Value alpha = b.exp2(b.subf(state[0], buildSafe(b, max)));
          buildRescaledOutput(b, alpha);
          scf::YieldOp::create(then, loc,
                               ValueRange{max, b.mulf(state[1], alpha)});
        },
        [&](OpBuilder &otherwise, Location) {
          scf::YieldOp::create(otherwise, loc, state);
        });
    return SmallVector<Value>(branch.getResults());
  }

  /// acc = alpha acc.
  void buildRescaledOutput(VectorBuilder &b, Value alpha) {
    OpFoldResult width =
        memref::getMixedSize(b.getBuilder(), loc, op.getAcc(), 2);
    for (int64_t i = 0; i < panel; ++i) {
      Value factor =
          b.broadcast(vector::ExtractOp::create(b.getBuilder(), loc, alpha, i));
      b.forEach(b.index(0), b.materialize(width), lanes,
                [&](VectorBuilder &b, Value e) {
                  Value place[] = {panelIndex, b.index(i), e};
                  b.store(b.mulf(b.load(op.getAcc(), place), factor),
                          op.getAcc(), place);
                });
    }
  }

  /// acc += weights V for the run, as many vectors at a time as the scores have
  /// keys in registers.
  void buildOutput(VectorBuilder &b, const BlockRows &value) {
    int64_t columns = rows * lanes, line = value.getLanesOfLine(b);
    int64_t group = std::max(columns, line);
    OpFoldResult width = value.getWidth();
    Value whole = b.materialize(b.mul(b.floorDiv(width, group), group));
    b.forEach(b.index(0), whole, group, [&](VectorBuilder &b, Value e) {
      for (int64_t offset = 0; offset < group; offset += columns)
        buildOutputTile(b, value, b.materialize(b.add(e, offset)), rows,
                        offset == 0 ? group / line : 0);
    });
    auto buildRest = [&](VectorBuilder &b, Value e, int64_t vectors) {
      buildOutputTile(b, value, e, vectors,
                      llvm::divideCeil(vectors * lanes, line));
    };
    if (std::optional<int64_t> known = getConstantIntValue(width)) {
      for (int64_t e = *known / group * group; e < *known; e += columns)
        buildRest(b, b.index(e), std::min(rows, (*known - e) / lanes));
      return;
    }
    b.forEach(whole, b.materialize(width), lanes,
              [&](VectorBuilder &b, Value e) { buildRest(b, e, 1); });
  }

  /// Columns [e, e + vectors * lanes) of the accumulator; for each key `lines`
  /// cache lines are asked for.
  void buildOutputTile(VectorBuilder &b, const BlockRows &value, Value e,
                       int64_t vectors, int64_t lines) {
    SmallVector<Value> columns, acc;
    for (int64_t c = 0; c < vectors; ++c)
      columns.push_back(b.materialize(b.add(e, c * lanes)));
    for (int64_t i = 0; i < panel; ++i)
      for (int64_t c = 0; c < vectors; ++c)
        acc.push_back(
            b.load(op.getAcc(), {panelIndex, b.index(i), columns[c]}));
    OpFoldResult linesBefore = value.countLines(b, e, runKeys);
    int64_t vectorsOfLine = value.getLanesOfLine(b) / lanes;
    acc = b.fold(runLo, runHi, 1, acc,
                 [&](VectorBuilder &b, Value key, ValueRange carried) {
                   SmallVector<Value> row, next;
                   OpFoldResult number = b.sub(key, getAsOpFoldResult(runLo));
                   OpFoldResult line = b.add(linesBefore, b.mul(number, lines));
                   for (int64_t c = 0; c < vectors; ++c) {
                     row.push_back(value.load(b, key, columns[c]));
                     if (c < lines * vectorsOfLine && c % vectorsOfLine == 0)
                       value.prefetch(b, runLo, b.add(line, c / vectorsOfLine),
                                      key, columns[c], keysAhead);
                   }
                   Value first = b.materialize(b.mul(number, panel));
                   for (int64_t i = 0; i < panel; ++i) {
                     Value weight = b.broadcast(b.loadScalar(
                         weights, {b.materialize(b.add(first, i))}));
                     for (int64_t c = 0; c < vectors; ++c)
                       next.push_back(vector::FMAOp::create(
                           b.getBuilder(), loc, weight, row[c],
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
  /// Of the run: those of one key beside those of the next.
  Value weights;
  /// Keys of a run, how far ahead it asks, and which they are.
  OpFoldResult runKeys, keysAhead;
  Value runLo, runHi;
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
