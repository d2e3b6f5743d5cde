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
// Elements of K and V are loaded one by one and broadcast, so rows need not be
// contiguous and nothing is packed; packing V was measured 2 to 5 % slower.
// Narrow element types are widened, and scales multiplied in, once a block,
// which all panels share.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "RegisterTile.h"
#include "ScoreVectorizer.h"
#include "Scratch.h"
#include "VectorBuilder.h"
#include "VectorMaskPredicate.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Keys (or value columns) of the register tile of a narrow step.
constexpr int64_t kNarrowRows = 8;

/// How many keys ahead a narrow step asks for K: 4 to 8 KiB at the usual
/// widths.
constexpr int64_t kPrefetchRows = 16;
/// Bytes of a cache line on every target.
constexpr int64_t kCacheLine = 64;

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Lowers one step.
class StepLowering {
public:
  StepLowering(StepOp op, int64_t lanes)
      : op(op), schedule(op.getSchedule()), loc(op.getLoc()),
        element(cast<FloatType>(
            cast<MemRefType>(op.getAcc().getType()).getElementType())),
        lanes(lanes), panel(schedule.getPanel()),
        tile{schedule.getRows(), panel / lanes, lanes, element} {}

  LogicalResult run() {
    OpBuilder builder(op);
    VectorBuilder b(builder, loc, element, lanes);
    OpFoldResult count = memref::getMixedSize(builder, loc, op.getKey(), 0);
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
    if (schedule.getNarrow() == 0)
      buildPanels(b);
    else
      buildNarrowOrPanels(b);
    if (failed(result))
      return failure();
    op.erase();
    return success();
  }

private:
  /// `source`, each row times its scale if there are any, as accumulators:
  /// itself, or a widened copy of its rows.
  Value widen(VectorBuilder &b, Value source, Value scale, StringRef tag) {
    auto type = cast<MemRefType>(source.getType());
    if (type.getElementType() == element && !scale)
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
    b.forEach(b.index(0), numKeys, 1, [&](VectorBuilder &b, Value row) {
      Value factor = scale ? b.loadScalar(scale, {row}) : Value();
      b.forEach(b.index(0), columns, 1, [&](VectorBuilder &b, Value column) {
        Value number = b.loadScalar(source, {row, column});
        if (factor)
          number = b.mulf(number, factor);
        b.storeScalar(number, copy, {row, column});
      });
    });
    return copy;
  }

  void buildPanels(VectorBuilder &b) {
    numRows = op.getValidRows();
    Value panels = b.materialize(b.ceilDiv(numRows, panel));
    b.forEach(b.index(0), panels, 1,
              [&](VectorBuilder &b, Value p) { buildPanel(b, p); });
  }

  /// A decoding step has too few queries to fill a panel: one vector holds all
  /// of them, those of every head that shares the keys, and eight keys at a
  /// time keep the multiply-adds busy (latency 4 by two units). Each element of
  /// K and V then costs one load and one multiply-add, 32 bytes a nanosecond at
  /// 4 GHz, which memory does not deliver.
  void buildNarrowOrPanels(VectorBuilder &b) {
    Value rows = op.getValidRows();
    if (op.getHeads())
      rows = arith::MulIOp::create(b.getBuilder(), loc, rows, op.getHeads());
    Value few =
        arith::CmpIOp::create(b.getBuilder(), loc, arith::CmpIPredicate::sle,
                              rows, b.index(schedule.getNarrow()));
    scf::IfOp::create(
        b.getBuilder(), loc, few,
        [&](OpBuilder &then, Location) {
          VectorBuilder inner = b.at(then);
          RegisterTile wide = tile;
          Value wideScores = scores;
          tile = {kNarrowRows, 1, lanes, element};
          // Rows of one vector: a panel's would leave three quarters of each
          // unused and spread the rest over the cache.
          scores = getScratch(
              op, "narrow scores",
              MemRefType::get({schedule.getKeyBlock(), lanes}, element));
          numRows = rows;
          isNarrow = true;
          buildPanel(inner, inner.index(0));
          isNarrow = false;
          scores = wideScores;
          tile = wide;
          scf::YieldOp::create(then, loc);
        },
        [&](OpBuilder &otherwise, Location) {
          VectorBuilder inner = b.at(otherwise);
          buildPanels(inner);
          scf::YieldOp::create(otherwise, loc);
        });
  }

  /// Everything the block does to one panel of queries.
  void buildPanel(VectorBuilder &b, Value p) {
    panelIndex = p;
    firstRow = b.materialize(b.add(op.getRow(), b.mul(p, panel)));
    if (!op.getMaskAttr()) {
      keyLo = b.index(0);
      keyHi = numKeys;
      buildVisibleKeys(b);
      return;
    }
    buildKeyRange(b);
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

  /// The keys of the block that some query of the panel may see: the hull of
  /// the mask's intervals, relative to the block.
  void buildKeyRange(VectorBuilder &b) {
    MaskIntervalBuilder intervals(b.getBuilder(), loc);
    // Heads folded together have the same rows.
    OpFoldResult end = b.add(getAsOpFoldResult(op.getRow()), op.getValidRows());
    intervals.rowBegin = firstRow;
    intervals.rowEnd = b.min(end, b.add(firstRow, panel));
    intervals.position = getAsOpFoldResult(op.getPosition());
    intervals.numRows = getAsOpFoldResult(op.getNumRows());
    intervals.numCols = getAsOpFoldResult(op.getNumCols());
    intervals.batch = op.getBatch();
    intervals.head = op.getHead();
    intervals.operands = op.getMaskOperands();
    SmallVector<MaskDisjunct> disjuncts;
    op.getMaskAttr().buildIntervals(intervals, disjuncts);
    OpFoldResult lo = b.constant(0), hi = b.constant(0);
    for (auto [k, d] : llvm::enumerate(disjuncts)) {
      // An empty disjunct must not widen the hull.
      OpFoldResult dLo = b.max(d.mayLo, b.constant(0));
      OpFoldResult dHi = d.mayHi;
      if (k == 0) {
        lo = dLo;
        hi = dHi;
        continue;
      }
      OpFoldResult joinedLo = b.min(lo, dLo), joinedHi = b.max(hi, dHi);
      OpFoldResult withLo = b.selectLess(lo, hi, joinedLo, dLo);
      OpFoldResult withHi = b.selectLess(lo, hi, joinedHi, dHi);
      lo = b.selectLess(dLo, dHi, withLo, lo);
      hi = b.selectLess(dLo, dHi, withHi, hi);
    }
    OpFoldResult first = op.getCol(), zero = b.constant(0);
    keyLo = b.materialize(b.max(b.sub(lo, first), zero));
    keyHi = b.materialize(b.min(b.sub(hi, first), numKeys));
  }

  void buildVisibleKeys(VectorBuilder &b) {
    prologue = b.getBuilder().saveInsertionPoint();
    buildBiasCopy(b);
    SmallVector<Value> old = loadPanel(b, op.getMax());
    SmallVector<Value> max = buildScores(b, old);
    if (needsAdjusting())
      max = buildAdjusted(b, old);
    SmallVector<Value> alpha = buildWeights(b, old, max);
    buildOutput(b, alpha);
  }

  bool needsAdjusting() {
    return op.getMaskAttr() || op.getSoftcapAttr() || !op.getScore().empty();
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

  /// Lays the block's bias down where the scores will be added to it. Affine
  /// scores are in units of log2, so bias is too; a softcap comes before bias,
  /// which is then added afterwards.
  void buildBiasCopy(VectorBuilder &b) {
    if (!op.getBias())
      return;
    Value bias = op.getBias();
    Value target = biasBuffer();
    Value rows = b.materialize(
        b.min(b.constant(panel),
              b.sub(b.add(getAsOpFoldResult(op.getRow()), numRows), firstRow)));
    b.forEach(b.index(0), rows, 1, [&](VectorBuilder &b, Value lane) {
      Value head = op.getHead(), place = lane;
      if (op.getHeads() && isNarrow) {
        Value further = arith::DivUIOp::create(b.getBuilder(), loc, lane,
                                               op.getValidRows());
        head = b.materialize(b.add(head, further));
        place = arith::RemUIOp::create(b.getBuilder(), loc, lane,
                                       op.getValidRows());
      }
      Value row = b.materialize(b.add(firstRow, place));
      b.forEach(keyLo, keyHi, 1, [&](VectorBuilder &b, Value j) {
        Value col = b.materialize(b.add(op.getCol(), j));
        SmallVector<Value> scorePlace = {op.getBatch(), head, row, col};
        unsigned rank = cast<MemRefType>(bias.getType()).getRank();
        SmallVector<Value> indices;
        for (unsigned dim = 0; dim < rank; ++dim)
          indices.push_back(
              broadcastIndex(b, bias, dim, scorePlace[dim + 4 - rank]));
        b.storeScalar(b.mulf(b.loadScalar(bias, indices), b.number(kLog2E)),
                      target, {j, lane});
      });
    });
  }

  /// An extent of 1 serves every index.
  Value broadcastIndex(VectorBuilder &b, Value bias, unsigned dim,
                       Value index) {
    OpFoldResult size = memref::getMixedSize(b.getBuilder(), loc, bias, dim);
    if (isConstantIntValue(size, 1))
      return b.index(0);
    if (getConstantIntValue(size))
      return index;
    return b.materialize(b.min(index, b.add(size, -1)));
  }

  /// True if scores are added to the bias; a softcap has to come in between.
  bool startsFromBias() { return op.getBias() && !op.getSoftcapAttr(); }

  Value biasBuffer() {
    if (!op.getSoftcapAttr())
      return scores;
    return getScratch(
        op, "bias", MemRefType::get({schedule.getKeyBlock(), panel}, element));
  }

  /// Scores of all visible keys; their running maxima where nothing is still
  /// to be done to them.
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
    if (startsFromBias()) {
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

  /// Asks for rows [first, first + kNarrowRows) of a block as it lies in
  /// memory. A row that does not exist is asked for in vain: prefetches never
  /// fault.
  void buildPrefetch(VectorBuilder &b, Value source, Value first) {
    auto type = cast<MemRefType>(source.getType());
    if (type.getElementType() != element || type.isDynamicDim(1))
      return;
    int64_t line = kCacheLine / (element.getWidth() / 8);
    for (int64_t r = 0; r < kNarrowRows; ++r)
      for (int64_t column = 0; column < type.getDimSize(1); column += line)
        memref::PrefetchOp::create(
            b.getBuilder(), loc, source,
            ValueRange{b.materialize(b.add(first, r)), b.index(column)},
            /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  }

  /// Scores of keys [j, j + rows) against the panel.
  SmallVector<Value> buildScoreTile(VectorBuilder &b, const RegisterTile &shape,
                                    Value j, ValueRange max) {
    OpBuilder &builder = b.getBuilder();
    if (isNarrow && shape.rows == kNarrowRows) {
      buildPrefetch(b, op.getKey(), b.materialize(b.add(j, kPrefetchRows)));
      buildPrefetch(b, op.getValue(), j);
    }
    SmallVector<Value> rows;
    for (int64_t r = 0; r < shape.rows; ++r)
      rows.push_back(b.materialize(b.add(j, r)));
    SmallVector<Value> acc;
    for (int64_t v = 0; v < shape.vectors; ++v)
      acc.push_back(shape.buildBlock(builder, loc, [&](int64_t r) {
        return startsFromBias() ? b.load(scores, {rows[r], b.index(v * lanes)})
                                : b.splat(0);
      }));
    acc = shape.buildProduct(
        builder, loc, acc, b.index(0), width,
        [&](OpBuilder &inner, Value d, int64_t r) {
          return b.at(inner).loadScalar(key, {rows[r], d});
        },
        [&](OpBuilder &inner, Value d, int64_t v) {
          VectorBuilder i = b.at(inner);
          return i.load(op.getQuery(), {panelIndex, d, i.index(v * lanes)});
        });
    SmallVector<Value> next(max);
    for (int64_t v = 0; v < shape.vectors; ++v)
      for (int64_t r = 0; r < shape.rows; ++r) {
        Value row = shape.buildRow(builder, loc, acc[v], r);
        b.store(row, scores, {rows[r], b.index(v * lanes)});
        if (!needsAdjusting())
          next[v] = b.maxf(next[v], row);
      }
    return next;
  }

  /// Softcap or score program, then mask, over scores already in the buffer;
  /// the maxima of what comes out.
  SmallVector<Value> buildAdjusted(VectorBuilder &b, ArrayRef<Value> max) {
    return b.fold(keyLo, keyHi, 1, max,
                  [&](VectorBuilder &b, Value j, ValueRange carried) {
                    SmallVector<Value> next;
                    for (int64_t v = 0; v < tile.vectors; ++v)
                      next.push_back(b.maxf(carried[v], adjust(b, j, v)));
                    return next;
                  });
  }

  Value adjust(VectorBuilder &b, Value j, int64_t v) {
    OpBuilder &builder = b.getBuilder();
    Value lane = b.index(v * lanes);
    Value score = b.load(scores, {j, lane});
    Value col = b.materialize(b.add(op.getCol(), j));
    Value row = b.materialize(b.add(firstRow, v * lanes));
    if (FloatAttr softcap = op.getSoftcapAttr()) {
      double cap = softcap.getValueAsDouble();
      Value ratio = b.mulf(score, b.splat(1 / cap));
      Value bounded = math::TanhOp::create(builder, loc, ratio);
      score = b.mulf(bounded, b.splat(cap * kLog2E));
      if (op.getBias())
        score = b.addf(score, b.load(biasBuffer(), {j, lane}));
    }
    if (!op.getScore().empty()) {
      FailureOr<Value> program = vectorizeScore(
          builder, op.getScore(),
          {score, op.getBatch(), buildHeads(b), buildPositions(b, row), col});
      if (failed(program))
        result = failure();
      else
        score = b.mulf(*program, b.splat(kLog2E));
    }
    if (MaskAttrInterface mask = op.getMaskAttr()) {
      VectorMaskPredicate predicate(builder, prologue, op, lanes, row, col,
                                    isNarrow);
      Value keep = mask.buildContains(predicate);
      score = arith::SelectOp::create(builder, loc, keep, score,
                                      b.splat(kMinusInf));
    }
    b.store(score, scores, {j, lane});
    return score;
  }

  /// The head of all lanes, or of each where heads are folded together.
  Value buildHeads(VectorBuilder &b) {
    if (!op.getHeads() || !isNarrow)
      return op.getHead();
    OpBuilder &builder = b.getBuilder();
    auto type = VectorType::get({lanes}, builder.getIndexType());
    auto broadcast = [&](Value index) -> Value {
      return vector::BroadcastOp::create(builder, loc, type, index);
    };
    Value steps = arith::DivUIOp::create(
        builder, loc, vector::StepOp::create(builder, loc, type),
        broadcast(op.getValidRows()));
    Value heads =
        arith::AddIOp::create(builder, loc, broadcast(op.getHead()), steps);
    OpFoldResult end = b.add(b.add(op.getHead(), op.getHeads()), -1);
    return arith::MinSIOp::create(builder, loc, heads,
                                  broadcast(b.materialize(end)));
  }

  /// Absolute positions of the queries in a vector's lanes, as indices. Lanes
  /// beyond the last query repeat it, so that captured buffers are read inside.
  Value buildPositions(VectorBuilder &b, Value row) {
    OpBuilder &builder = b.getBuilder();
    auto type = VectorType::get({lanes}, builder.getIndexType());
    auto broadcast = [&](Value index) -> Value {
      return vector::BroadcastOp::create(builder, loc, type, index);
    };
    Value steps = vector::StepOp::create(builder, loc, type);
    if (op.getHeads() && isNarrow)
      steps = arith::RemUIOp::create(builder, loc, steps,
                                     broadcast(op.getValidRows()));
    Value rows = arith::AddIOp::create(builder, loc, broadcast(row), steps);
    Value last = b.materialize(b.add(getAsOpFoldResult(op.getNumRows()), -1));
    rows = arith::MinSIOp::create(builder, loc, rows, broadcast(last));
    return arith::AddIOp::create(builder, loc, rows,
                                 broadcast(op.getPosition()));
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

  /// acc[e .. e + rows) = alpha acc + sum over keys of value * weight.
  void buildOutputTile(VectorBuilder &b, const RegisterTile &shape, Value e,
                       ArrayRef<Value> alpha) {
    OpBuilder &builder = b.getBuilder();
    SmallVector<Value> columns;
    for (int64_t r = 0; r < shape.rows; ++r)
      columns.push_back(b.materialize(b.add(e, r)));
    SmallVector<Value> acc;
    for (int64_t v = 0; v < shape.vectors; ++v)
      acc.push_back(shape.buildBlock(builder, loc, [&](int64_t r) {
        Value old =
            b.load(op.getAcc(), {panelIndex, columns[r], b.index(v * lanes)});
        return b.mulf(old, alpha[v]);
      }));
    acc = shape.buildProduct(
        builder, loc, acc, keyLo, keyHi,
        [&](OpBuilder &inner, Value j, int64_t r) {
          return b.at(inner).loadScalar(value, {j, columns[r]});
        },
        [&](OpBuilder &inner, Value j, int64_t v) {
          VectorBuilder i = b.at(inner);
          return i.load(scores, {j, i.index(v * lanes)});
        });
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
  RegisterTile tile;
  std::optional<int64_t> knownCount;
  Value numKeys, width, scores, key, value;
  OpFoldResult valueSize;
  // Of the panel being built.
  Value numRows, panelIndex, firstRow, keyLo, keyHi;
  bool isNarrow = false;
  OpBuilder::InsertPoint prologue;
  LogicalResult result = success();
};

} // namespace

LogicalResult attn::lowerStep(StepOp op, int64_t lanes) {
  return StepLowering(op, lanes).run();
}
