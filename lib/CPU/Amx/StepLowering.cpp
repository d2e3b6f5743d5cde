//===- StepLowering.cpp - one block of keys against a tile, on AMX --------===//
//
// Lowers attn.step in the AMX form: as transposed, with both products on tiles.
//
//   S^T = K Q^T      K as it lies, queries in pairs of elements
//   m, alpha, P      vectors of queries; P is rounded to bf16, in pairs of keys
//   O^T += V^T P^T   V^T is laid out once a block, for all panels
//
// Tiles take keys 32 at a time. Those around the visible ones get the weight 0;
// values around those that the whole block of queries sees are not read.
//
//===----------------------------------------------------------------------===//

#include "Amx/PackedRows.h"
#include "Amx/TileProduct.h"
#include "Lowering.h"
#include "Transposed/BiasCopy.h"
#include "Vector/KeyRange.h"
#include "Vector/ScoreAdjuster.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Lowers one step.
class AmxStepLowering {
public:
  AmxStepLowering(StepOp op, int64_t lanes)
      : op(op), loc(op.getLoc()), lanes(lanes),
        panel(op.getSchedule().getPanel()),
        keyBlock(op.getSchedule().getKeyBlock()),
        factor(op.getFactor() ? op.getFactor()->convertToDouble() : 1.0),
        isAdjusted(hasAdjustedScores(op) || op.getBias() || factor <= 0) {}

  LogicalResult run() {
    OpBuilder builder(op);
    VectorBuilder b(builder, loc, builder.getF32Type(), lanes);
    allocate(builder);
    numKeys = b.materialize(
        memref::getMixedSize(builder, loc, op.getKeyedOperands().front(), 0));
    OpFoldResult end = b.add(getAsOpFoldResult(op.getRow()), op.getValidRows());
    KeyRange seen = buildKeyRange(b, op, numKeys, op.getRow(), end);
    buildIfAny(b, seen, [&](VectorBuilder &b) {
      buildOperands(b, seen);
      Value panels = b.materialize(b.ceilDiv(op.getValidRows(), panel));
      b.forEach(b.index(0), panels, 1, [&](VectorBuilder &b, Value p) {
        panelIndex = p;
        firstRow = b.materialize(b.add(op.getRow(), b.mul(p, panel)));
        keys = buildKeyRange(b, op, numKeys, firstRow,
                             b.min(end, b.add(firstRow, panel)));
        buildIfAny(b, keys, [&](VectorBuilder &b) { buildPanel(b); });
      });
    });
    if (failed(result))
      return failure();
    op.erase();
    return success();
  }

private:
  int64_t vectors() const { return panel / lanes; }
  int64_t columns() const { return panel / kTileRows; }

  void allocate(OpBuilder &builder) {
    Type bf16 = builder.getBF16Type(), f32 = builder.getF32Type();
    depth = 2 * cast<MemRefType>(op.getQuery().getType()).getDimSize(2);
    valueWidth = cast<MemRefType>(op.getAcc().getType()).getDimSize(1);
    auto scratch = [&](StringRef tag, ArrayRef<int64_t> shape, Type element) {
      return getScratch(op, tag, MemRefType::get(shape, element));
    };
    scores = scratch("scores", {keyBlock, panel}, f32);
    weights = scratch("weights", {columns(), keyBlock / 2, kTileDepth}, bf16);
    values = scratch("values", {keyBlock / kTileDepth, valueWidth, kTileDepth},
                     bf16);
    valuePairs = scratch("value pairs", {kTileRows, kTileDepth}, bf16);
    keyCopy = scratch("key rows", {keyBlock, depth}, bf16);
    valueCopy = scratch("value rows", {keyBlock, valueWidth}, bf16);
  }

  /// `body` if `range` holds a key; without a mask every range does.
  void buildIfAny(VectorBuilder &b, KeyRange range,
                  llvm::function_ref<void(VectorBuilder &)> body) {
    if (!op.getMaskAttr())
      return body(b);
    Value some = arith::CmpIOp::create(
        b.getBuilder(), loc, arith::CmpIPredicate::slt, range.lo, range.hi);
    scf::IfOp::create(b.getBuilder(), loc, some,
                      [&](OpBuilder &then, Location) {
                        VectorBuilder inner = b.at(then);
                        body(inner);
                        scf::YieldOp::create(then, loc);
                      });
  }

  /// The smallest range of whole tiles around `range`.
  RowRange widen(VectorBuilder &b, KeyRange range) {
    auto whole = [&](OpFoldResult tiles) {
      return b.materialize(b.mul(tiles, kTileDepth));
    };
    return {whole(b.floorDiv(range.lo, kTileDepth)),
            whole(b.ceilDiv(range.hi, kTileDepth))};
  }

  //===--------------------------------------------------------------------===//
  // Operands that all panels share
  //===--------------------------------------------------------------------===//

  void buildOperands(VectorBuilder &b, KeyRange seen) {
    OpBuilder &builder = b.getBuilder();
    RowRange inner{seen.lo, seen.hi}, outer = widen(b, seen);
    auto compare = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs) {
      return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs)
          .getResult();
    };
    Value places = op.getKeyPlaces();
    auto liesReady = [&](Value rows, int64_t width) {
      return !places && cast<MemRefType>(rows.getType()).getDimSize(1) == width;
    };
    Value never = arith::ConstantIntOp::create(builder, loc, 0, 1);
    // Scores of keys that exist but are not seen go nowhere, so those may be
    // read; values are multiplied by their weight, 0, and NaN is not lost.
    Value exist = compare(arith::CmpIPredicate::sle, outer.hi, numKeys);
    Value isSeen = arith::AndIOp::create(
        builder, loc, compare(arith::CmpIPredicate::eq, outer.lo, inner.lo),
        compare(arith::CmpIPredicate::eq, outer.hi, inner.hi));
    keyRows = buildReadableRows(b, op.getKey(), places, keyCopy, inner, outer,
                                liesReady(op.getKey(), depth) ? exist : never);
    Value valueRows = buildReadableRows(
        b, op.getValue(), places, valueCopy, inner, outer,
        liesReady(op.getValue(), valueWidth) ? isSeen : never);
    b.forEach(outer.lo, outer.hi, kTileDepth, [&](VectorBuilder &b, Value j) {
      b.forEach(b.index(0), b.index(valueWidth), kTileRows,
                [&](VectorBuilder &b, Value e) {
                  buildValueTile(b, valueRows, j, e);
                });
    });
  }

  /// Lays out V^T for keys [j, j + 32) and columns [e, e + 16).
  void buildValueTile(VectorBuilder &b, Value rows, Value j, Value e) {
    for (int64_t pair = 0; pair < kTileRows; ++pair) {
      auto row = [&](int64_t k) {
        Value key = b.materialize(b.add(j, 2 * pair + k));
        return buildLoad(b, kTileRows, rows, {key, e});
      };
      Value even = row(0);
      buildInterleavedQuads(b, even, row(1), valuePairs, b.index(pair));
    }
    Value block = b.materialize(b.floorDiv(j, kTileDepth));
    SmallVector<Value> columns = buildTransposedSquare(
        b, getPairsType(b.getBuilder()), [&](int64_t pair, int64_t quad) {
          return buildLoad(b, kQuad, valuePairs,
                           {b.index(pair), b.index(getPlaceOfQuad(quad))});
        });
    for (auto [r, column] : llvm::enumerate(columns))
      b.store(column, values, {block, b.materialize(b.add(e, r)), b.index(0)});
  }

  //===--------------------------------------------------------------------===//
  // One panel
  //===--------------------------------------------------------------------===//

  void buildPanel(VectorBuilder &b) {
    OpBuilder::InsertPoint prologue = b.getBuilder().saveInsertionPoint();
    tiles = widen(b, keys);
    buildScores(b);
    // Scores of keys around the visible ones are those of nobody.
    buildFill(b, tiles.lo, keys.lo);
    buildFill(b, keys.hi, tiles.hi);
    SmallVector<Value> old = loadPanel(b, op.getMax());
    SmallVector<Value> max =
        isAdjusted ? buildAdjusted(b, old, prologue) : buildMaxima(b, old);
    SmallVector<Value> alpha = buildWeights(b, old, max);
    buildRescaling(b, old, max, alpha);
    buildOutput(b);
  }

  SmallVector<Value> loadPanel(VectorBuilder &b, Value buffer) {
    SmallVector<Value> loaded;
    for (int64_t v = 0; v < vectors(); ++v)
      loaded.push_back(b.load(buffer, {panelIndex, b.index(v * lanes)}));
    return loaded;
  }

  void storePanel(VectorBuilder &b, ArrayRef<Value> panelVectors,
                  Value buffer) {
    for (auto [v, vector] : llvm::enumerate(panelVectors))
      b.store(vector, buffer, {panelIndex, b.index(v * lanes)});
  }

  /// Products of queries and keys, to the buffer of scores.
  void buildScores(VectorBuilder &b) {
    TileProduct product{kTileDepth / kTileRows, columns()};
    b.forEach(tiles.lo, tiles.hi, kTileDepth, [&](VectorBuilder &b, Value j) {
      OpBuilder &builder = b.getBuilder();
      auto keyOfTile = [&](int64_t r) {
        return b.materialize(b.add(j, r * kTileRows));
      };
      SmallVector<Value> acc = product.buildZeros(builder, loc);
      // Widths are known and small, so the depth is unrolled.
      for (int64_t d = 0; d < depth; d += kTileDepth)
        acc = product.buildStep(
            builder, loc, acc,
            [&](int64_t r) {
              return buildOperandTile(builder, loc, keyRows,
                                      {keyOfTile(r), b.index(d)});
            },
            [&](int64_t c) {
              return buildOperandTile(
                  builder, loc, op.getQuery(),
                  {panelIndex, b.index(c), b.index(d / 2), b.index(0)});
            });
      product.buildStores(builder, loc, acc, scores, [&](int64_t r, int64_t c) {
        return SmallVector<Value>{keyOfTile(r), b.index(c * kTileRows)};
      });
    });
  }

  /// Maxima over scores that are left as products, four keys at a time: one
  /// after the other they would wait for each other.
  SmallVector<Value> buildMaxima(VectorBuilder &b, ArrayRef<Value> old) {
    SmallVector<Value> none(vectors(), b.splat(kMinusInf));
    SmallVector<Value> max =
        b.fold(tiles.lo, tiles.hi, 4, none,
               [&](VectorBuilder &b, Value j, ValueRange carried) {
                 SmallVector<Value> next;
                 for (int64_t v = 0; v < vectors(); ++v) {
                   Value four[4];
                   for (int64_t k = 0; k < 4; ++k)
                     four[k] = b.load(scores, {b.materialize(b.add(j, k)),
                                               b.index(v * lanes)});
                   next.push_back(
                       b.maxf(carried[v], b.maxf(b.maxf(four[0], four[1]),
                                                 b.maxf(four[2], four[3]))));
                 }
                 return next;
               });
    for (int64_t v = 0; v < vectors(); ++v)
      max[v] = b.maxf(old[v], b.mulf(max[v], b.splat(factor)));
    return max;
  }

  /// Factor, bias, softcap or score program, then mask, in the buffer; the
  /// maxima of what comes out.
  SmallVector<Value> buildAdjusted(VectorBuilder &b, ArrayRef<Value> old,
                                   OpBuilder::InsertPoint prologue) {
    Value bias;
    if (op.getBias()) {
      bias =
          getScratch(op, "bias", MemRefType::get({keyBlock, panel}, b.element));
      OpFoldResult end =
          b.add(getAsOpFoldResult(op.getRow()), op.getValidRows());
      buildBiasCopy(
          b, op, bias, keys, firstRow,
          b.materialize(b.min(b.constant(panel), b.sub(end, firstRow))));
    }
    SmallVector<Lanes> places;
    for (int64_t v = 0; v < vectors(); ++v) {
      OpBuilder before(op.getContext());
      before.restoreInsertionPoint(prologue);
      VectorBuilder p = b.at(before);
      Value first = p.materialize(p.add(p.mul(panelIndex, panel), v * lanes));
      places.emplace_back(op, lanes, lanes, first, prologue);
    }
    return b.fold(keys.lo, keys.hi, 1, old,
                  [&](VectorBuilder &b, Value j, ValueRange carried) {
                    SmallVector<Value> next;
                    Value col = buildKeyPlace(b, op, j);
                    for (int64_t v = 0; v < vectors(); ++v) {
                      SmallVector<Value> place = {j, b.index(v * lanes)};
                      Value score =
                          b.mulf(b.load(scores, place), b.splat(factor));
                      FailureOr<Value> adjusted = buildAdjustedScore(
                          b, places[v], score,
                          bias ? b.load(bias, place) : Value(), col, col);
                      if (failed(adjusted)) {
                        result = failure();
                        adjusted = score;
                      }
                      b.store(*adjusted, scores, place);
                      next.push_back(b.maxf(carried[v], *adjusted));
                    }
                    return next;
                  });
  }

  void buildFill(VectorBuilder &b, Value lo, Value hi) {
    b.forEach(lo, hi, 1, [&](VectorBuilder &b, Value j) {
      for (int64_t v = 0; v < vectors(); ++v)
        b.store(b.splat(kMinusInf), scores, {j, b.index(v * lanes)});
    });
  }

  /// Scores to weights in pairs of keys; new maxima and sums. Returns alpha.
  SmallVector<Value> buildWeights(VectorBuilder &b, ArrayRef<Value> old,
                                  ArrayRef<Value> max) {
    SmallVector<Value> minus, alpha, sums = loadPanel(b, op.getSum());
    for (int64_t v = 0; v < vectors(); ++v) {
      // A row that has seen no key keeps -inf and must not compute inf - inf.
      Value safe = b.selectEqual(max[v], kMinusInf, b.splat(0), max[v]);
      minus.push_back(b.subf(b.splat(0), safe));
      alpha.push_back(b.exp2(b.subf(old[v], safe)));
      sums[v] = b.mulf(sums[v], alpha[v]);
    }
    auto pair = [&](Value key) { return b.materialize(b.floorDiv(key, 2)); };
    sums = b.fold(pair(tiles.lo), pair(tiles.hi), 1, sums,
                  [&](VectorBuilder &b, Value half, ValueRange carried) {
                    SmallVector<Value> next(carried);
                    for (int64_t v = 0; v < vectors(); ++v) {
                      Value pair[2];
                      for (int64_t k = 0; k < 2; ++k) {
                        Value j = b.materialize(b.add(b.mul(half, 2), k));
                        Value weight = buildWeight(b, j, v, minus[v]);
                        next[v] = b.addf(next[v], weight);
                        pair[k] = weight;
                      }
                      int64_t lane = v * lanes;
                      b.store(buildRoundedPairs(b, pair[0], pair[1]), weights,
                              {b.index(lane / kTileRows), half,
                               b.index(2 * (lane % kTileRows))});
                    }
                    return next;
                  });
    storePanel(b, max, op.getMax());
    storePanel(b, sums, op.getSum());
    return alpha;
  }

  Value buildWeight(VectorBuilder &b, Value j, int64_t v, Value minus) {
    Value score = b.load(scores, {j, b.index(v * lanes)});
    return b.exp2(isAdjusted ? b.addf(score, minus)
                             : math::FmaOp::create(b.getBuilder(), loc, score,
                                                   b.splat(factor), minus));
  }

  /// acc *= alpha, where a maximum that was one has grown.
  void buildRescaling(VectorBuilder &b, ArrayRef<Value> old,
                      ArrayRef<Value> max, ArrayRef<Value> alpha) {
    OpBuilder &builder = b.getBuilder();
    auto greater = [&](Value lhs, Value rhs) {
      return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, lhs,
                                   rhs)
          .getResult();
    };
    Value any;
    for (int64_t v = 0; v < vectors(); ++v) {
      Value grown = arith::AndIOp::create(builder, loc, greater(max[v], old[v]),
                                          greater(old[v], b.splat(kMinusInf)));
      any = any ? arith::OrIOp::create(builder, loc, any, grown).getResult()
                : grown;
    }
    any = vector::ReductionOp::create(builder, loc, vector::CombiningKind::OR,
                                      any);
    scf::IfOp::create(builder, loc, any, [&](OpBuilder &then, Location) {
      VectorBuilder t = b.at(then);
      t.forEach(
          t.index(0), t.index(valueWidth), 1, [&](VectorBuilder &b, Value e) {
            for (int64_t v = 0; v < vectors(); ++v) {
              SmallVector<Value> place = {panelIndex, e, b.index(v * lanes)};
              b.store(b.mulf(b.load(op.getAcc(), place), alpha[v]), op.getAcc(),
                      place);
            }
          });
      scf::YieldOp::create(then, loc);
    });
  }

  /// acc += V^T P^T.
  void buildOutput(VectorBuilder &b) {
    int64_t step = 2 * kTileRows, whole = valueWidth / step * step;
    b.forEach(b.index(0), b.index(whole), step,
              [&](VectorBuilder &b, Value e) { buildOutputTiles(b, e, 2); });
    if (whole < valueWidth)
      buildOutputTiles(b, b.index(whole), 1);
  }

  /// Columns of V from `e` on, `rows` tiles of them.
  void buildOutputTiles(VectorBuilder &b, Value e, int64_t rows) {
    TileProduct product{rows, columns()};
    auto column = [&](VectorBuilder &b, int64_t r) {
      return b.materialize(b.add(e, r * kTileRows));
    };
    auto place = [&](int64_t r, int64_t c) {
      return SmallVector<Value>{panelIndex, column(b, r),
                                b.index(c * kTileRows)};
    };
    auto block = [&](Value key) {
      return b.materialize(b.floorDiv(key, kTileDepth));
    };
    SmallVector<Value> acc =
        product.buildLoads(b.getBuilder(), loc, op.getAcc(), place);
    acc =
        b.fold(block(tiles.lo), block(tiles.hi), 1, acc,
               [&](VectorBuilder &b, Value k, ValueRange carried) {
                 Value pairs = b.materialize(b.mul(k, kTileDepth / 2));
                 return product.buildStep(
                     b.getBuilder(), loc, carried,
                     [&](int64_t r) {
                       return buildOperandTile(b.getBuilder(), loc, values,
                                               {k, column(b, r), b.index(0)});
                     },
                     [&](int64_t c) {
                       return buildOperandTile(b.getBuilder(), loc, weights,
                                               {b.index(c), pairs, b.index(0)});
                     });
               });
    product.buildStores(b.getBuilder(), loc, acc, op.getAcc(), place);
  }

  StepOp op;
  Location loc;
  int64_t lanes, panel, keyBlock;
  double factor;
  /// True if the buffer holds finished scores before weights are made, false
  /// if it holds products still to be multiplied by the factor, which is
  /// positive and so keeps their order.
  bool isAdjusted;
  int64_t depth, valueWidth;
  Value scores, weights, values, valuePairs, keyCopy, valueCopy;
  Value numKeys, keyRows;
  // Of the panel being built: the keys it sees, and those in whole tiles.
  Value panelIndex, firstRow;
  KeyRange keys;
  RowRange tiles;
  LogicalResult result = success();
};

} // namespace

LogicalResult attn::lowerAmxStep(StepOp op, int64_t lanes) {
  return AmxStepLowering(op, lanes).run();
}
