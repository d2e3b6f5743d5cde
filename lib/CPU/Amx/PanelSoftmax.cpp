//===- PanelSoftmax.cpp - scores to weights, on AMX -----------------------===//
//
// Builds the softmax of a panel, keys down and queries in lanes.
//
//   m      the largest score so far, or one that is not much less
//   P      2^(s - m), rounded to bf16, in pairs of keys
//   sum    of P; with it, acc, both times 2^(m before - m) where m is raised
//
// Where nothing but the output needs the sum, the maximum is not looked for:
// weights are computed with the old one, and again if one came out large.
//
//===----------------------------------------------------------------------===//

#include "Amx/PanelSoftmax.h"
#include "Amx/TileProduct.h"
#include "Transposed/BiasCopy.h"
#include "Vector/ScoreAdjuster.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// True if the fold that `op` is a step of ends in a log-sum-exp. One whose end
/// is not in sight may.
bool hasLogSumExp(StepOp op) {
  bool ends = false;
  for (Operation *user : op.getSum().getUsers())
    if (auto finish = dyn_cast<FinishOp>(user)) {
      ends = true;
      if (finish.getLse())
        return true;
    }
  return !ends;
}

Value buildCompare(VectorBuilder &b, arith::CmpFPredicate predicate, Value lhs,
                   Value rhs) {
  return arith::CmpFOp::create(b.getBuilder(), b.getLoc(), predicate, lhs, rhs);
}

/// True if a lane of any vector is.
Value buildAny(VectorBuilder &b, ArrayRef<Value> vectors) {
  OpBuilder &builder = b.getBuilder();
  Value any = vectors.front();
  for (Value vector : vectors.drop_front())
    any = arith::OrIOp::create(builder, b.getLoc(), any, vector);
  return vector::ReductionOp::create(builder, b.getLoc(),
                                     vector::CombiningKind::OR, any);
}

} // namespace

PanelSoftmax::PanelSoftmax(StepOp op, int64_t lanes, const BlockScales &scales,
                           Value scores)
    : op(op), loc(op.getLoc()), lanes(lanes),
      panel(op.getSchedule().getPanel()),
      keyBlock(op.getSchedule().getKeyBlock()),
      isAdjusted(hasAdjustedScores(op) || op.getBias() || getFactor(op) <= 0),
      isExact(hasLogSumExp(op)), scales(scales), scores(scores) {
  auto type = MemRefType::get({panel / kTileRows, keyBlock / 2, kTileDepth},
                              BFloat16Type::get(op.getContext()));
  weights.push_back(getScratch(op, "weights", type));
  if (isExact && scales.hasValues())
    weights.push_back(getScratch(op, "rests of weights", type));
}

LogicalResult PanelSoftmax::build(VectorBuilder &b, const AmxPanel &of) {
  at = of;
  OpBuilder::InsertPoint prologue = b.getBuilder().saveInsertionPoint();
  // Scores of keys around the visible ones are those of nobody.
  buildFill(b, at.tiles.lo, at.keys.lo);
  buildFill(b, at.keys.hi, at.tiles.hi);
  SmallVector<Value> blockSums;
  if (!isAdjusted && !isExact) {
    blockSums = buildSpeculativeWeights(b);
  } else {
    SmallVector<Value> old = loadPanel(b, op.getMax());
    buildRaise(b, old,
               isAdjusted ? buildAdjusted(b, old, prologue)
                          : buildMaxima(b, old));
    blockSums = buildWeights(b, loadPanel(b, op.getMax()));
  }
  SmallVector<Value> sums = loadPanel(b, op.getSum());
  for (auto [sum, more] : llvm::zip(sums, blockSums))
    sum = b.addf(sum, more);
  storePanel(b, sums, op.getSum());
  return result;
}

SmallVector<Value> PanelSoftmax::loadPanel(VectorBuilder &b, Value buffer) {
  SmallVector<Value> loaded;
  for (int64_t v = 0; v < vectors(); ++v)
    loaded.push_back(b.load(buffer, {at.index, b.index(v * lanes)}));
  return loaded;
}

void PanelSoftmax::storePanel(VectorBuilder &b, ArrayRef<Value> lanesOfPanel,
                              Value buffer) {
  for (auto [v, vector] : llvm::enumerate(lanesOfPanel))
    b.store(vector, buffer, {at.index, b.index(v * lanes)});
}

void PanelSoftmax::buildFill(VectorBuilder &b, Value lo, Value hi) {
  b.forEach(lo, hi, 1, [&](VectorBuilder &b, Value j) {
    for (int64_t v = 0; v < vectors(); ++v)
      b.store(b.splat(kMinusInf), scores, {j, b.index(v * lanes)});
  });
}

//===----------------------------------------------------------------------===//
// Maxima
//===----------------------------------------------------------------------===//

/// Maxima over scores that are left as products, four keys at a time: one after
/// the other they would wait for each other.
SmallVector<Value> PanelSoftmax::buildMaxima(VectorBuilder &b,
                                             ArrayRef<Value> old) {
  SmallVector<Value> none(vectors(), b.splat(kMinusInf));
  SmallVector<Value> max = b.fold(
      at.tiles.lo, at.tiles.hi, 4, none,
      [&](VectorBuilder &b, Value j, ValueRange carried) {
        SmallVector<Value> next;
        for (int64_t v = 0; v < vectors(); ++v) {
          Value four[4];
          for (int64_t k = 0; k < 4; ++k) {
            Value key = b.materialize(b.add(j, k));
            four[k] = b.load(scores, {key, b.index(v * lanes)});
            if (scales.hasKeys())
              four[k] = b.mulf(four[k], scales.loadKeyFactor(b, key));
          }
          next.push_back(b.maxf(carried[v], b.maxf(b.maxf(four[0], four[1]),
                                                   b.maxf(four[2], four[3]))));
        }
        return next;
      });
  for (int64_t v = 0; v < vectors(); ++v) {
    if (!scales.hasKeys())
      max[v] = b.mulf(max[v], b.splat(getFactor(op)));
    max[v] = b.maxf(old[v], max[v]);
  }
  return max;
}

/// Factor, bias, softcap or score program, then mask, in the buffer; the maxima
/// of what comes out.
SmallVector<Value>
PanelSoftmax::buildAdjusted(VectorBuilder &b, ArrayRef<Value> old,
                            OpBuilder::InsertPoint prologue) {
  Value bias;
  if (op.getBias()) {
    bias =
        getScratch(op, "bias", MemRefType::get({keyBlock, panel}, b.element));
    buildBiasCopy(b, op, bias, at.keys, at.queries);
  }
  SmallVector<Lanes> places;
  for (int64_t v = 0; v < vectors(); ++v) {
    OpBuilder before(op.getContext());
    before.restoreInsertionPoint(prologue);
    VectorBuilder p = b.at(before);
    Value first = p.materialize(p.add(p.mul(at.index, panel), v * lanes));
    places.emplace_back(op, lanes, lanes, first, prologue);
  }
  return b.fold(at.keys.lo, at.keys.hi, 1, old,
                [&](VectorBuilder &b, Value j, ValueRange carried) {
                  SmallVector<Value> next;
                  Value col = buildKeyPlace(b, op, j);
                  for (int64_t v = 0; v < vectors(); ++v) {
                    SmallVector<Value> place = {j, b.index(v * lanes)};
                    Value score = b.mulf(b.load(scores, place),
                                         scales.loadKeyFactor(b, j));
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

/// Makes `max` the maxima, and acc and sums multiples of them, where one has
/// grown.
void PanelSoftmax::buildRaise(VectorBuilder &b, ArrayRef<Value> old,
                              ArrayRef<Value> max) {
  OpBuilder &builder = b.getBuilder();
  SmallVector<Value> grown;
  for (auto [before, now] : llvm::zip(old, max))
    grown.push_back(buildCompare(b, arith::CmpFPredicate::OGT, now, before));
  scf::IfOp::create(
      builder, loc, buildAny(b, grown), [&](OpBuilder &then, Location) {
        VectorBuilder t = b.at(then);
        SmallVector<Value> alpha, sums = loadPanel(t, op.getSum());
        for (auto [v, now] : llvm::enumerate(max)) {
          // A row that has seen no key keeps -inf and must not compute
          // inf - inf.
          Value safe = t.selectEqual(now, kMinusInf, t.splat(0), now);
          alpha.push_back(t.exp2(t.subf(old[v], safe)));
          sums[v] = t.mulf(sums[v], alpha[v]);
        }
        storePanel(t, max, op.getMax());
        storePanel(t, sums, op.getSum());
        int64_t width = cast<MemRefType>(op.getAcc().getType()).getDimSize(1);
        t.forEach(
            t.index(0), t.index(width), 1, [&](VectorBuilder &b, Value e) {
              for (int64_t v = 0; v < vectors(); ++v) {
                SmallVector<Value> place = {at.index, e, b.index(v * lanes)};
                b.store(b.mulf(b.load(op.getAcc(), place), alpha[v]),
                        op.getAcc(), place);
              }
            });
        scf::YieldOp::create(then, loc);
      });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Weights in pairs of keys, with the maxima `reference`. Returns their sums.
SmallVector<Value> PanelSoftmax::buildWeights(VectorBuilder &b,
                                              ArrayRef<Value> reference) {
  SmallVector<Value> minus;
  for (Value max : reference) {
    Value safe = b.selectEqual(max, kMinusInf, b.splat(0), max);
    minus.push_back(b.subf(b.splat(0), safe));
  }
  auto pair = [&](Value key) { return b.materialize(b.floorDiv(key, 2)); };
  SmallVector<Value> zeros(vectors(), b.splat(0));
  return b.fold(
      pair(at.tiles.lo), pair(at.tiles.hi), 1, zeros,
      [&](VectorBuilder &b, Value half, ValueRange carried) {
        SmallVector<Value> next(carried);
        for (int64_t v = 0; v < vectors(); ++v) {
          SmallVector<Value> even, odd;
          for (SmallVector<Value> *parts : {&even, &odd}) {
            Value j = b.materialize(b.add(b.mul(half, 2), parts == &odd));
            Value power = buildPower(b, j, v, minus[v]);
            next[v] = buildParts(b, power, j, next[v], *parts);
          }
          int64_t lane = v * lanes;
          for (auto [low, high, buffer] : llvm::zip_equal(even, odd, weights))
            b.store(buildPairs(b, low, high), buffer,
                    {b.index(lane / kTileRows), half,
                     b.index(2 * (lane % kTileRows))});
        }
        return next;
      });
}

/// One vector of weights before scales: rounded to bf16 if nothing else is to
/// be multiplied by them and their sum need not be exact.
Value PanelSoftmax::buildPower(VectorBuilder &b, Value j, int64_t v,
                               Value minus) {
  OpBuilder &builder = b.getBuilder();
  Value score = b.load(scores, {j, b.index(v * lanes)});
  Value exponent = isAdjusted
                       ? b.addf(score, minus)
                       : math::FmaOp::create(builder, loc, score,
                                             scales.loadKeyFactor(b, j), minus)
                             .getResult();
  if (isExact || scales.hasValues())
    return b.exp2(exponent);
  Value weight = math::Exp2Op::create(builder, loc, exponent.getType(),
                                      exponent, arith::FastMathFlags::afn);
  auto narrow = VectorType::get({lanes}, builder.getBF16Type());
  Value rounded = arith::TruncFOp::create(builder, loc, narrow, weight);
  return arith::ExtFOp::create(builder, loc, b.getType(), rounded);
}

/// The vectors whose upper halves are the weights of key `j`, to `parts`.
/// Returns `sum` with the weights in it.
Value PanelSoftmax::buildParts(VectorBuilder &b, Value power, Value j,
                               Value sum, SmallVectorImpl<Value> &parts) {
  if (!scales.hasValues()) {
    parts.push_back(isExact ? buildRoundedUpperHalf(b, power) : power);
    return b.addf(sum, power);
  }
  Value weight = b.mulf(power, scales.loadValueScale(b, j));
  parts.push_back(buildRoundedUpperHalf(b, weight));
  Value rounded = buildUpperHalf(b, parts.front());
  if (!isExact)
    return math::FmaOp::create(b.getBuilder(), loc, rounded,
                               scales.loadReciprocal(b, j), sum);
  // The sum cannot make up for what rounding does to a row that one key
  // dominates: sixteen bits of the weight do.
  parts.push_back(buildRoundedUpperHalf(b, b.subf(weight, rounded)));
  return b.addf(sum, power);
}

/// Weights with the maxima as they are, in a loop that comes round a second
/// time, with maxima taken first, if there are none yet or if a block outweighs
/// all before it: one key may be most of its row then, and a weight of 1 is the
/// one that is not rounded. NaN and infinities come round, too.
SmallVector<Value> PanelSoftmax::buildSpeculativeWeights(VectorBuilder &b) {
  OpBuilder &builder = b.getBuilder();
  SmallVector<Value> none;
  for (Value max : loadPanel(b, op.getMax()))
    none.push_back(
        buildCompare(b, arith::CmpFPredicate::OEQ, max, b.splat(kMinusInf)));
  Type flag = builder.getI1Type();
  SmallVector<Type> results(vectors(), b.getType());
  Value isFirst = buildAny(b, none);
  auto loop = scf::WhileOp::create(
      builder, loc, results, ValueRange(isFirst),
      [&](OpBuilder &before, Location, ValueRange carried) {
        VectorBuilder w = b.at(before);
        Value isRaised = carried.front();
        scf::IfOp::create(before, loc, isRaised,
                          [&](OpBuilder &then, Location) {
                            VectorBuilder t = b.at(then);
                            SmallVector<Value> old = loadPanel(t, op.getMax());
                            buildRaise(t, old, buildMaxima(t, old));
                            scf::YieldOp::create(then, loc);
                          });
        SmallVector<Value> sums = buildWeights(w, loadPanel(w, op.getMax()));
        SmallVector<Value> large;
        for (auto [sum, all] : llvm::zip(sums, loadPanel(w, op.getSum())))
          large.push_back(buildCompare(w, arith::CmpFPredicate::UGT, sum, all));
        Value again = arith::AndIOp::create(
            before, loc, buildAny(w, large),
            arith::XOrIOp::create(
                before, loc, isRaised,
                arith::ConstantIntOp::create(before, loc, 1, 1)));
        scf::ConditionOp::create(before, loc, again, sums);
      },
      [&](OpBuilder &after, Location, ValueRange) {
        Value raised = arith::ConstantOp::create(after, loc, flag,
                                                 after.getBoolAttr(true));
        scf::YieldOp::create(after, loc, raised);
      });
  return SmallVector<Value>(loop.getResults());
}
