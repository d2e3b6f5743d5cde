//===- StepLowering.cpp - one block of keys against a tile, on AMX --------===//
//
// Lowers attn.step in the AMX form: as transposed, with both products on tiles.
//
//   S^T = K Q^T      K as it lies, queries in pairs of elements
//   m, alpha, P      vectors of queries; P is rounded to bf16, in pairs of keys
//   O^T += V^T P^T   V^T is laid out once a block, for all panels
//
// Rows of eight bits become rows of bf16, which holds them exactly, once a
// block. Scales of keys multiply their scores, scales of values the weights.
//
// Tiles take keys 32 at a time. Those around the visible ones get the weight 0;
// values around those that the whole block of queries sees are not read.
//
//===----------------------------------------------------------------------===//

#include "Amx/PackedRows.h"
#include "Amx/PanelSoftmax.h"
#include "Amx/TileProduct.h"
#include "Lowering.h"
#include "Vector/KeyRange.h"
#include "Vector/PanelRows.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Lowers one step.
class AmxStepLowering {
public:
  AmxStepLowering(StepOp op, int64_t lanes)
      : op(op), loc(op.getLoc()), lanes(lanes),
        panel(op.getSchedule().getPanel()),
        keyBlock(op.getSchedule().getKeyBlock()), scales(op) {}

  LogicalResult run() {
    OpBuilder builder(op);
    LogicalResult result = success();
    VectorBuilder b(builder, loc, builder.getF32Type(), lanes);
    allocate(builder);
    numKeys = b.materialize(
        memref::getMixedSize(builder, loc, op.getKeyedOperands().front(), 0));
    OpFoldResult end = b.add(getAsOpFoldResult(op.getRow()), op.getValidRows());
    KeyRange seen = buildKeyRange(b, op, numKeys, op.getRow(), end);
    buildIfAny(b, seen, [&](VectorBuilder &b) {
      buildOperands(b, seen);
      Value panels = b.materialize(b.ceilDiv(buildQueryCount(b, op), panel));
      b.forEach(b.index(0), panels, 1, [&](VectorBuilder &b, Value p) {
        at.index = p;
        at.queries = buildPanelRows(b, op, p);
        at.keys =
            buildKeyRange(b, op, numKeys, at.queries.begin, at.queries.end);
        buildIfAny(b, at.keys,
                   [&](VectorBuilder &b) { result = buildPanel(b); });
      });
    });
    if (failed(result))
      return failure();
    op.erase();
    return success();
  }

private:
  int64_t columns() const { return panel / kTileRows; }

  void allocate(OpBuilder &builder) {
    Type bf16 = builder.getBF16Type(), f32 = builder.getF32Type();
    depth = 2 * cast<MemRefType>(op.getQuery().getType()).getDimSize(2);
    valueWidth = cast<MemRefType>(op.getAcc().getType()).getDimSize(1);
    auto scratch = [&](StringRef tag, ArrayRef<int64_t> shape, Type element) {
      return getScratch(op, tag, MemRefType::get(shape, element));
    };
    scores = scratch("scores", {keyBlock, panel}, f32);
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
    // `where` rows of this width may lie as they are, if they are of bf16.
    auto liesReady = [&](Value rows, int64_t width, Value where) {
      auto type = cast<MemRefType>(rows.getType());
      bool fits = type.getElementType().isBF16() && type.getDimSize(1) == width;
      return !places && fits ? where : Value();
    };
    // Scores of keys that exist but are not seen go nowhere, so those may be
    // read; values are multiplied by their weight, 0, and NaN is not lost.
    Value exist = compare(arith::CmpIPredicate::sle, outer.hi, numKeys);
    Value isSeen = arith::AndIOp::create(
        builder, loc, compare(arith::CmpIPredicate::eq, outer.lo, inner.lo),
        compare(arith::CmpIPredicate::eq, outer.hi, inner.hi));
    scales.build(b, inner, outer);
    keyRows =
        buildReadableRows(b, op.getKey(), places, /*factors=*/nullptr, keyCopy,
                          inner, outer, liesReady(op.getKey(), depth, exist));
    Value factors = scales.getRowFactors();
    Value valueRows = buildReadableRows(
        b, op.getValue(), places, factors, valueCopy, inner, outer,
        factors ? Value() : liesReady(op.getValue(), valueWidth, isSeen));
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

  LogicalResult buildPanel(VectorBuilder &b) {
    at.tiles = widen(b, at.keys);
    buildScores(b);
    PanelSoftmax softmax(op, lanes, scales, scores);
    if (failed(softmax.build(b, at)))
      return failure();
    weights = llvm::to_vector(softmax.getWeights());
    buildOutput(b);
    return success();
  }

  /// Products of queries and keys, to the buffer of scores. Each accumulator is
  /// stored while those of the next keys are multiplied; the first ones store
  /// zeros, where their own scores will be.
  void buildScores(VectorBuilder &b) {
    TileProduct product{kTileDepth / kTileRows, columns()};
    auto place = [&](VectorBuilder &b, Value first) {
      return [&b, first](int64_t r, int64_t c) {
        return SmallVector<Value>{b.materialize(b.add(first, r * kTileRows)),
                                  b.index(c * kTileRows)};
      };
    };
    SmallVector<Value> acc = b.fold(
        at.tiles.lo, at.tiles.hi, kTileDepth,
        product.buildZeros(b.getBuilder(), loc),
        [&](VectorBuilder &b, Value j, ValueRange carried) {
          OpBuilder &builder = b.getBuilder();
          auto before = place(
              b, b.materialize(b.max(b.add(j, -kTileDepth), at.tiles.lo)));
          SmallVector<Value> acc(carried);
          // Widths are known and small, so the depth is unrolled.
          for (int64_t d = 0; d < depth; d += kTileDepth)
            acc = product.buildFirstStep(
                builder, loc, acc,
                [&](int64_t r) {
                  return buildOperandTile(
                      builder, loc, keyRows,
                      {b.materialize(b.add(j, r * kTileRows)), b.index(d)});
                },
                [&](int64_t c) {
                  return buildOperandTile(
                      builder, loc, op.getQuery(),
                      {at.index, b.index(c), b.index(d / 2), b.index(0)});
                },
                [&](int64_t r, int64_t c, Value old) {
                  if (d > 0)
                    return old;
                  amx::TileStoreOp::create(builder, loc, scores, before(r, c),
                                           old);
                  return buildZeroTile(builder, loc);
                });
          return acc;
        });
    product.buildStores(
        b.getBuilder(), loc, acc, scores,
        place(b, b.materialize(b.add(at.tiles.hi, -kTileDepth))));
  }

  /// acc += V^T P^T, two tiles of columns of V in turn: those of one are stored
  /// after the first products of the next, which would else wait for it.
  void buildOutput(VectorBuilder &b) {
    constexpr int64_t kBoth = 2 * kTileRows;
    int64_t whole = valueWidth / kBoth * kBoth;
    if (whole > 0) {
      // What is stored first is what is there.
      SmallVector<Value> held = b.fold(
          b.index(0), b.index(whole), kBoth, loadOutputs(b, b.index(kTileRows)),
          [&](VectorBuilder &b, Value e, ValueRange carried) {
            Value before = b.materialize(
                b.max(b.add(e, -kTileRows), b.constant(kTileRows)));
            SmallVector<Value> even = buildOutputs(b, e, [&](VectorBuilder &b) {
              storeOutputs(b, carried, before);
            });
            return buildOutputs(
                b, b.materialize(b.add(e, kTileRows)),
                [&](VectorBuilder &b) { storeOutputs(b, even, e); });
          });
      storeOutputs(b, held, b.index(whole - kTileRows));
    }
    if (whole < valueWidth) {
      Value e = b.index(whole);
      storeOutputs(b, buildOutputs(b, e, [](VectorBuilder &) {}), e);
    }
  }

  /// The accumulators of columns [e, e + 16), from memory and to it.
  SmallVector<Value> loadOutputs(VectorBuilder &b, Value e) {
    return TileProduct{1, columns()}.buildLoads(
        b.getBuilder(), loc, op.getAcc(), [&](int64_t, int64_t c) {
          return SmallVector<Value>{at.index, e, b.index(c * kTileRows)};
        });
  }
  void storeOutputs(VectorBuilder &b, ValueRange acc, Value e) {
    TileProduct{1, columns()}.buildStores(
        b.getBuilder(), loc, acc, op.getAcc(), [&](int64_t, int64_t c) {
          return SmallVector<Value>{at.index, e, b.index(c * kTileRows)};
        });
  }

  /// The same with this block of keys, `afterFirst` built after the products of
  /// the first keys.
  SmallVector<Value>
  buildOutputs(VectorBuilder &b, Value e,
               llvm::function_ref<void(VectorBuilder &)> afterFirst) {
    TileProduct product{1, columns()};
    auto step = [&](VectorBuilder &b, Value k, ValueRange acc) {
      Value pairs = b.materialize(b.mul(k, kTileDepth / 2));
      SmallVector<Value> sum(acc);
      for (Value part : weights)
        sum = product.buildStep(
            b.getBuilder(), loc, sum,
            [&](int64_t) {
              return buildOperandTile(b.getBuilder(), loc, values,
                                      {k, e, b.index(0)});
            },
            [&](int64_t c) {
              return buildOperandTile(b.getBuilder(), loc, part,
                                      {b.index(c), pairs, b.index(0)});
            });
      return sum;
    };
    Value first = b.materialize(b.floorDiv(at.tiles.lo, kTileDepth));
    Value last = b.materialize(b.floorDiv(at.tiles.hi, kTileDepth));
    SmallVector<Value> acc = step(b, first, loadOutputs(b, e));
    afterFirst(b);
    return b.fold(b.materialize(b.add(first, 1)), last, 1, acc, step);
  }

  StepOp op;
  Location loc;
  int64_t lanes, panel, keyBlock;
  int64_t depth, valueWidth;
  BlockScales scales;
  Value scores, values, valuePairs, keyCopy, valueCopy;
  Value numKeys, keyRows;
  SmallVector<Value> weights;
  AmxPanel at;
};

} // namespace

LogicalResult attn::lowerAmxStep(StepOp op, int64_t lanes) {
  return AmxStepLowering(op, lanes).run();
}
