//===- StepLowering.cpp - one block of keys against a tile ----------------===//
//
// Lowers attn.step in the transposed form, panel by panel of queries:
//
//   S^T = K Q^T      register tiles of keys by queries, scores to a buffer
//   m, alpha, P      vertical maximum, exponentials and sums: no reduction
//                    ever crosses lanes
//   O^T += V^T P^T   register tiles of value columns by queries; alpha rides
//                    on the load of the accumulators
//
// Without softmax scores are weights as soon as they are adjusted: what is in
// the middle falls away.
//
// Elements of K and V are loaded one by one and broadcast, so rows need not be
// contiguous and nothing is packed; packing V was measured 2 to 5 % slower.
// Narrow element types are widened, scales multiplied in, and rows that have
// places fetched from there, once a block, which all panels share.
//
//===----------------------------------------------------------------------===//

#include "BiasCopy.h"
#include "Lowering.h"
#include "RegisterTile.h"
#include "RowCopies.h"
#include "Vector/KeyRange.h"
#include "Vector/Line.h"
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

/// Lowers one step.
class StepLowering {
public:
  StepLowering(StepOp op, int64_t lanes)
      : op(op), schedule(op.getSchedule()), loc(op.getLoc()),
        element(cast<FloatType>(
            cast<MemRefType>(op.getAcc().getType()).getElementType())),
        lanes(lanes), panel(schedule.getPanel()), rule(op),
        tile{schedule.getRows(), panel / lanes, lanes, element} {}

  LogicalResult run() {
    OpBuilder builder(op);
    VectorBuilder b(builder, loc, element, lanes);
    OpFoldResult count =
        memref::getMixedSize(builder, loc, op.getKeyedOperands().front(), 0);
    knownCount = getConstantIntValue(count);
    numKeys = b.materialize(count);
    width = b.materialize(memref::getMixedSize(builder, loc, op.getQuery(), 1));
    valueSize = memref::getMixedSize(builder, loc, op.getAcc(), 1);
    scores =
        getScratch(op, "scores",
                   MemRefType::get({schedule.getKeyBlock(), panel}, element));
    key = widen(b, op.getKey(), op.getKeyScale(), "keys");
    bool isKey =
        op.getValue() == op.getKey() && op.getValueScale() == op.getKeyScale();
    value = isKey ? key : widen(b, op.getValue(), op.getValueScale(), "values");
    Value panels = b.materialize(b.ceilDiv(buildQueryCount(b, op), panel));
    b.forEach(b.index(0), panels, 1,
              [&](VectorBuilder &b, Value p) { buildPanel(b, p); });
    if (failed(result))
      return failure();
    op.erase();
    return success();
  }

private:
  /// `source`, each row times its scale if there are any, as accumulators:
  /// itself, or a copy of its rows.
  Value widen(VectorBuilder &b, Value source, Value scale, StringRef tag) {
    auto type = cast<MemRefType>(source.getType());
    if (type.getElementType() == element && !scale && !op.getKeyPlaces())
      return source;
    SmallVector<Value> sizes;
    Value columns =
        b.materialize(memref::getMixedSize(b.getBuilder(), loc, source, 1));
    int64_t known = type.getDimSize(1);
    if (type.isDynamicDim(1))
      sizes.push_back(columns);
    Value copy = getScratch(
        op, tag, MemRefType::get({schedule.getKeyBlock(), known}, element),
        sizes);
    buildRowCopies(b, {source, scale, op.getKeyPlaces()}, numKeys, copy);
    return copy;
  }

  /// Everything the block does to one panel of queries.
  void buildPanel(VectorBuilder &b, Value p) {
    panelIndex = p;
    queries = buildPanelRows(b, op, p);
    KeyRange keys = buildKeyRange(b, op, numKeys, queries.begin, queries.end);
    keyLo = keys.lo;
    keyHi = keys.hi;
    if (!op.getMaskAttr()) {
      buildVisibleKeys(b);
      return;
    }
    // A panel that sees no key of this block has nothing to do.
    Value some = arith::CmpIOp::create(b.getBuilder(), loc,
                                       arith::CmpIPredicate::slt, keyLo, keyHi);
    scf::IfOp::create(b.getBuilder(), loc, some,
                      [&](OpBuilder &then, Location) {
                        VectorBuilder inner = b.at(then);
                        buildVisibleKeys(inner);
                        scf::YieldOp::create(then, loc);
                      });
  }

  void buildVisibleKeys(VectorBuilder &b) {
    prologue = b.getBuilder().saveInsertionPoint();
    buildBiasCopy(b);
    // Maxima are carried where there is a softmax.
    SmallVector<Value> old;
    if (rule.isSoftmax)
      old = loadPanel(b, op.getMax());
    SmallVector<Value> max = buildScores(b, old);
    if (hasAdjustedScores(op))
      max = buildAdjusted(b, old);
    SmallVector<Value> alpha;
    if (rule.isSoftmax)
      alpha = buildWeights(b, old, max);
    buildOutput(b, alpha);
  }

  SmallVector<Value> loadPanel(VectorBuilder &b, Value buffer) {
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < tile.vectors; ++v)
      vectors.push_back(b.load(buffer, {panelIndex, b.index(v * lanes)}));
    return vectors;
  }

  void storePanel(VectorBuilder &b, ArrayRef<Value> vectors, Value buffer) {
    for (auto [v, vector] : llvm::enumerate(vectors))
      b.store(vector, buffer, {panelIndex, b.index(v * lanes)});
  }

  //===--------------------------------------------------------------------===//
  // Scores
  //===--------------------------------------------------------------------===//

  /// Lays the block's bias down where the scores will be added to it. Bias is
  /// in the units of the scores; a softcap comes before bias, which is then
  /// added afterwards.
  void buildBiasCopy(VectorBuilder &b) {
    if (!op.getBias())
      return;
    attn::buildBiasCopy(b, op, biasBuffer(), {keyLo, keyHi}, queries);
  }

  Value biasBuffer() {
    if (!op.getSoftcapAttr())
      return scores;
    return getScratch(
        op, "bias", MemRefType::get({schedule.getKeyBlock(), panel}, element));
  }

  /// Scores of all visible keys; their running maxima, if any are carried,
  /// where nothing is still to be done to them.
  SmallVector<Value> buildScores(VectorBuilder &b, ArrayRef<Value> max) {
    if (knownCount && *knownCount % tile.rows == 0 && !op.getMaskAttr())
      return b.fold(keyLo, keyHi, tile.rows, max,
                    [&](VectorBuilder &b, Value j, ValueRange carried) {
                      return buildScoreTile(b, tile, j, carried);
                    });
    // A ragged run starts its last tile early; keys met twice get the same
    // score twice. Runs shorter than a tile go key by key. With a bias, laid
    // down under the scores, no key may be met twice.
    Value visible = b.materialize(b.sub(keyHi, keyLo));
    Value whole =
        b.materialize(b.mul(b.floorDiv(visible, tile.rows), tile.rows));
    Value wholeEnd = b.materialize(b.add(keyLo, whole));
    SmallVector<Value> result;
    if (addsBiasToProduct(op)) {
      result = b.fold(keyLo, wholeEnd, tile.rows, max,
                      [&](VectorBuilder &b, Value j, ValueRange carried) {
                        return buildScoreTile(b, tile, j, carried);
                      });
      return b.fold(wholeEnd, keyHi, 1, result,
                    [&](VectorBuilder &b, Value j, ValueRange carried) {
                      return buildScoreTile(b, tile.withRows(1), j, carried);
                    });
    }
    Value fillsTile =
        arith::CmpIOp::create(b.getBuilder(), loc, arith::CmpIPredicate::sge,
                              visible, b.index(tile.rows));
    auto branch = scf::IfOp::create(
        b.getBuilder(), loc, fillsTile,
        [&](OpBuilder &then, Location) {
          VectorBuilder t = b.at(then);
          Value last = t.materialize(t.add(keyHi, -tile.rows));
          scf::YieldOp::create(
              then, loc,
              t.fold(keyLo, keyHi, tile.rows, max,
                     [&](VectorBuilder &b, Value j, ValueRange carried) {
                       Value start = b.materialize(b.min(j, last));
                       return buildScoreTile(b, tile, start, carried);
                     }));
        },
        [&](OpBuilder &otherwise, Location) {
          VectorBuilder t = b.at(otherwise);
          scf::YieldOp::create(
              otherwise, loc,
              t.fold(keyLo, keyHi, 1, max,
                     [&](VectorBuilder &b, Value j, ValueRange carried) {
                       return buildScoreTile(b, tile.withRows(1), j, carried);
                     }));
        });
    return SmallVector<Value>(branch.getResults());
  }

  /// Asks for what will be read soon: the values of `rows`, and keys a few
  /// tiles ahead. Where keys follow each other the machine sees it coming, but
  /// not where a run begins: 2 to 4 % of causal attention, 6 % of a window of
  /// 256 keys, 8 % of blocks of 128 keys each on its own. Two to sixteen tiles
  /// ahead are the same. The first panel asks; the others find what it read.
  void buildPrefetches(VectorBuilder &b, ArrayRef<Value> rows) {
    constexpr int64_t kTilesAhead = 4;
    bool asksForKeys = key == op.getKey();
    bool asksForValues = value == op.getValue() && value != key;
    if (!asksForKeys && !asksForValues)
      return;
    auto ask = [&](VectorBuilder &b, Value source, OpFoldResult columns,
                   int64_t ahead) {
      b.forEach(
          b.index(0), b.materialize(columns), kLineBits / element.getWidth(),
          [&](VectorBuilder &b, Value column) {
            for (Value row : rows)
              b.prefetch(source, {b.materialize(b.add(row, ahead)), column});
          });
    };
    Value isFirst = arith::CmpIOp::create(
        b.getBuilder(), loc, arith::CmpIPredicate::eq, panelIndex, b.index(0));
    scf::IfOp::create(b.getBuilder(), loc, isFirst,
                      [&](OpBuilder &then, Location) {
                        VectorBuilder t = b.at(then);
                        if (asksForKeys)
                          ask(t, key, width, kTilesAhead * tile.rows);
                        if (asksForValues)
                          ask(t, value, valueSize, 0);
                        scf::YieldOp::create(then, loc);
                      });
  }

  /// Scores of keys [j, j + rows) against the panel.
  SmallVector<Value> buildScoreTile(VectorBuilder &b, const RegisterTile &shape,
                                    Value j, ValueRange max) {
    OpBuilder &builder = b.getBuilder();
    SmallVector<Value> rows;
    SmallVector<Line> lines;
    for (int64_t r = 0; r < shape.rows; ++r) {
      rows.push_back(b.materialize(b.add(j, r)));
      lines.push_back(buildLine(b, key, /*along=*/1, rows[r]));
    }
    buildPrefetches(b, rows);
    SmallVector<Value> acc;
    for (int64_t v = 0; v < shape.vectors; ++v)
      acc.push_back(shape.buildBlock(builder, loc, [&](int64_t r) {
        return addsBiasToProduct(op)
                   ? b.load(scores, {rows[r], b.index(v * lanes)})
                   : b.splat(0);
      }));
    acc = shape.buildProduct(
        builder, loc, acc, b.index(0), width,
        [&](OpBuilder &inner, Value place, int64_t r) {
          return b.at(inner).loadScalar(lines[r].elements, place);
        },
        [&](OpBuilder &inner, Value d, int64_t v) {
          VectorBuilder i = b.at(inner);
          return i.load(op.getQuery(), {panelIndex, d, i.index(v * lanes)});
        },
        lines.front().stride);
    SmallVector<Value> next(max);
    for (int64_t v = 0; v < shape.vectors; ++v)
      for (int64_t r = 0; r < shape.rows; ++r) {
        Value row = shape.buildRow(builder, loc, acc[v], r);
        b.store(row, scores, {rows[r], b.index(v * lanes)});
        if (!hasAdjustedScores(op))
          raise(b, next, v, row);
      }
    return next;
  }

  /// The maxima carried for vector `v` with `score` among them.
  void raise(VectorBuilder &b, SmallVector<Value> &max, int64_t v,
             Value score) {
    if (rule.isSoftmax)
      max[v] = b.maxf(max[v], score);
  }

  /// Softcap or score program, then mask, over scores already in the buffer;
  /// the maxima of what comes out.
  SmallVector<Value> buildAdjusted(VectorBuilder &b, ArrayRef<Value> max) {
    SmallVector<Lanes> vectors;
    for (int64_t v = 0; v < tile.vectors; ++v) {
      OpBuilder before(op.getContext());
      before.restoreInsertionPoint(prologue);
      VectorBuilder p = b.at(before);
      Value first = p.materialize(p.add(p.mul(panelIndex, panel), v * lanes));
      vectors.emplace_back(op, lanes, lanes, first, prologue);
    }
    return b.fold(keyLo, keyHi, 1, max,
                  [&](VectorBuilder &b, Value j, ValueRange carried) {
                    SmallVector<Value> next(carried);
                    for (int64_t v = 0; v < tile.vectors; ++v)
                      raise(b, next, v, adjust(b, j, v, vectors[v]));
                    return next;
                  });
  }

  Value adjust(VectorBuilder &b, Value j, int64_t v, Lanes &places) {
    Value lane = b.index(v * lanes);
    Value bias = op.getBias() && !addsBiasToProduct(op)
                     ? b.load(biasBuffer(), {j, lane})
                     : Value();
    Value col = buildKeyPlace(b, op, j);
    FailureOr<Value> score = buildAdjustedScore(
        b, places, b.load(scores, {j, lane}), bias, col, col);
    if (failed(score)) {
      result = failure();
      return b.splat(0);
    }
    b.store(*score, scores, {j, lane});
    return *score;
  }

  //===--------------------------------------------------------------------===//
  // Weights and output
  //===--------------------------------------------------------------------===//

  /// Scores to exponentials; new maxima and sums. Returns alpha.
  SmallVector<Value> buildWeights(VectorBuilder &b, ArrayRef<Value> old,
                                  ArrayRef<Value> max) {
    SmallVector<Value> safe, alpha, sums = loadPanel(b, op.getSum());
    for (int64_t v = 0; v < tile.vectors; ++v) {
      // A row that has seen no key keeps -inf and must not compute inf - inf.
      safe.push_back(b.selectEqual(max[v], kMinusInf, b.splat(0), max[v]));
      alpha.push_back(b.exp2(b.subf(old[v], safe[v])));
      sums[v] = b.mulf(sums[v], alpha[v]);
    }
    sums = b.fold(keyLo, keyHi, 1, sums,
                  [&](VectorBuilder &b, Value j, ValueRange carried) {
                    SmallVector<Value> next;
                    for (int64_t v = 0; v < tile.vectors; ++v) {
                      Value lane = b.index(v * lanes);
                      Value score = b.load(scores, {j, lane});
                      Value weight = b.exp2(b.subf(score, safe[v]));
                      b.store(weight, scores, {j, lane});
                      next.push_back(b.addf(carried[v], weight));
                    }
                    return next;
                  });
    storePanel(b, max, op.getMax());
    storePanel(b, sums, op.getSum());
    return alpha;
  }

  void buildOutput(VectorBuilder &b, ArrayRef<Value> alpha) {
    std::optional<int64_t> known = getConstantIntValue(valueSize);
    Value whole =
        b.materialize(b.mul(b.floorDiv(valueSize, tile.rows), tile.rows));
    b.forEach(b.index(0), whole, tile.rows, [&](VectorBuilder &b, Value e) {
      buildOutputTile(b, tile, e, alpha);
    });
    if (known && *known % tile.rows != 0)
      buildOutputTile(b, tile.withRows(*known % tile.rows), whole, alpha);
    if (!known)
      b.forEach(whole, b.materialize(valueSize), 1,
                [&](VectorBuilder &b, Value e) {
                  buildOutputTile(b, tile.withRows(1), e, alpha);
                });
  }

  /// acc[e .. e + rows) = alpha acc + sum over keys of value * weight; alpha is
  /// 1 where there is none.
  void buildOutputTile(VectorBuilder &b, const RegisterTile &shape, Value e,
                       ArrayRef<Value> alpha) {
    OpBuilder &builder = b.getBuilder();
    SmallVector<Value> columns;
    SmallVector<Line> lines;
    for (int64_t r = 0; r < shape.rows; ++r) {
      columns.push_back(b.materialize(b.add(e, r)));
      lines.push_back(buildLine(b, value, /*along=*/0, columns[r]));
    }
    SmallVector<Value> acc;
    for (int64_t v = 0; v < shape.vectors; ++v)
      acc.push_back(shape.buildBlock(builder, loc, [&](int64_t r) {
        Value old =
            b.load(op.getAcc(), {panelIndex, columns[r], b.index(v * lanes)});
        return alpha.empty() ? old : b.mulf(old, alpha[v]);
      }));
    acc = shape.buildProduct(
        builder, loc, acc, keyLo, keyHi,
        [&](OpBuilder &inner, Value place, int64_t r) {
          return b.at(inner).loadScalar(lines[r].elements, place);
        },
        [&](OpBuilder &inner, Value j, int64_t v) {
          VectorBuilder i = b.at(inner);
          return i.load(scores, {j, i.index(v * lanes)});
        },
        lines.front().stride);
    for (int64_t v = 0; v < shape.vectors; ++v)
      for (int64_t r = 0; r < shape.rows; ++r)
        b.store(shape.buildRow(builder, loc, acc[v], r), op.getAcc(),
                {panelIndex, columns[r], b.index(v * lanes)});
  }

  StepOp op;
  ScheduleAttr schedule;
  Location loc;
  FloatType element;
  int64_t lanes, panel;
  WeightRule rule;
  RegisterTile tile;
  std::optional<int64_t> knownCount;
  Value numKeys, width, scores, key, value;
  OpFoldResult valueSize;
  // Of the panel being built.
  Value panelIndex, keyLo, keyHi;
  PanelRows queries;
  OpBuilder::InsertPoint prologue;
  LogicalResult result = success();
};

} // namespace

LogicalResult attn::lowerTransposedStep(StepOp op, int64_t lanes) {
  return StepLowering(op, lanes).run();
}
