//===- BlockScales.cpp - scales of a block's keys and values --------------===//
//
// Copies the scales of a block, once for all panels, with what is made of them.
//
//===----------------------------------------------------------------------===//

#include "Amx/BlockScales.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

/// A scale between these has a reciprocal, and its product with a weight that
/// counts is neither infinite nor subnormal, which tiles take for 0.
static constexpr double kLeast = 0x1p-100, kMost = 0x1p100;

double attn::getFactor(StepOp op) {
  return op.getFactor() ? op.getFactor()->convertToDouble() : 1.0;
}

BlockScales::BlockScales(StepOp op) : op(op), factor(getFactor(op)) {
  auto allocate = [&](StringRef tag) {
    return getScratch(op, tag,
                      MemRefType::get({op.getSchedule().getKeyBlock()},
                                      Float32Type::get(op.getContext())));
  };
  if (op.getKeyScale())
    keyFactors = allocate("key factors");
  if (!op.getValueScale())
    return;
  valueScales = allocate("value scales");
  reciprocals = allocate("reciprocals");
  rowFactors = allocate("row factors");
}

void BlockScales::build(VectorBuilder &b, RowRange inner, RowRange outer) {
  if (!hasKeys() && !hasValues())
    return;
  auto fill = [&](Value lo, Value hi) {
    b.forEach(lo, hi, 1, [&](VectorBuilder &b, Value key) {
      for (Value buffer : {keyFactors, valueScales, reciprocals})
        if (buffer)
          b.storeScalar(b.number(1), buffer, {key});
    });
  };
  fill(outer.lo, inner.lo);
  b.forEach(inner.lo, inner.hi, 1,
            [&](VectorBuilder &b, Value key) { buildOfKey(b, key); });
  fill(inner.hi, outer.hi);
}

void BlockScales::buildOfKey(VectorBuilder &b, Value key) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Value from = op.getKeyPlaces()
                   ? buildLoadIndex(b, op.getKeyPlaces(), OpFoldResult(key))
                   : key;
  if (hasKeys()) {
    Value scale = b.loadScalar(op.getKeyScale(), {from});
    b.storeScalar(b.mulf(scale, b.number(factor)), keyFactors, {key});
  }
  if (!hasValues())
    return;
  Value scale = b.loadScalar(op.getValueScale(), {from}), one = b.number(1);
  Value size = math::AbsFOp::create(builder, loc, scale);
  auto compare = [&](arith::CmpFPredicate predicate, double bound) -> Value {
    return arith::CmpFOp::create(builder, loc, predicate, size,
                                 b.number(bound));
  };
  Value isUsual = arith::AndIOp::create(
      builder, loc, compare(arith::CmpFPredicate::OGE, kLeast),
      compare(arith::CmpFPredicate::OLE, kMost));
  auto store = [&](Value ifUsual, Value ifNot, Value buffer) {
    Value chosen =
        arith::SelectOp::create(builder, loc, isUsual, ifUsual, ifNot);
    b.storeScalar(chosen, buffer, {key});
  };
  store(scale, one, valueScales);
  store(b.divf(one, scale), one, reciprocals);
  store(one, scale, rowFactors);
}

/// Element `j` of `buffer` in all lanes.
static Value loadInAllLanes(VectorBuilder &b, Value buffer, Value j) {
  return b.broadcast(b.loadScalar(buffer, {j}));
}

Value BlockScales::loadKeyFactor(VectorBuilder &b, Value j) const {
  return hasKeys() ? loadInAllLanes(b, keyFactors, j) : b.splat(factor);
}
Value BlockScales::loadValueScale(VectorBuilder &b, Value j) const {
  return loadInAllLanes(b, valueScales, j);
}
Value BlockScales::loadReciprocal(VectorBuilder &b, Value j) const {
  return loadInAllLanes(b, reciprocals, j);
}
