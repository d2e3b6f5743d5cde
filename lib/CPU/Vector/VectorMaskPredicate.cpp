//===- VectorMaskPredicate.cpp - masks on lanes of scores -----------------===//
//
// Implements the lane-wise view of positions. Boundaries around a row are found
// by bisection once a panel, kept in a small buffer and loaded as vectors.
//
//===----------------------------------------------------------------------===//

#include "Vector/VectorMaskPredicate.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

Value VectorMaskPredicate::getConstant(int64_t value) {
  auto type = VectorType::get({lanes.getCount()}, builder.getI32Type());
  // Positions never reach the ends of i32, so clamping a far constant to them
  // changes no comparison.
  int32_t narrow = std::clamp<int64_t>(value, INT32_MIN / 2, INT32_MAX / 2);
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, narrow));
}

Value VectorMaskPredicate::getPosition() {
  return add(getRow(), splat(step.getPosition()));
}

Value VectorMaskPredicate::getBatchElement(unsigned slot) {
  IndexMath math(builder, loc);
  return splat(
      buildLoadOfBatch(math, step.getMaskOperands()[slot], step.getBatch()));
}

std::pair<Value, Value> VectorMaskPredicate::getSegmentOfRow(unsigned slot) {
  OpBuilder before = lanes.getPrologue();
  int64_t count = lanes.getCount();
  Value bounds = getScratch(step, "segments" + std::to_string(slot),
                            MemRefType::get({2, count}, before.getI32Type()));
  IndexMath math(before, loc);
  Value zero = math.materialize(math.constant(0));
  Value one = math.materialize(math.constant(1));
  scf::ForOp::create(
      before, loc, zero, math.materialize(math.constant(count)), one,
      ValueRange(), [&](OpBuilder &body, Location, Value lane, ValueRange) {
        IndexMath inner(body, loc);
        auto [lo, hi] = buildSegmentAround(inner, step.getMaskOperands()[slot],
                                           lanes.buildRow(body, lane));
        Value rows[] = {zero, one}, ends[] = {lo, hi};
        for (int side = 0; side < 2; ++side) {
          Value narrow = arith::IndexCastOp::create(
              body, loc, body.getI32Type(), ends[side]);
          memref::StoreOp::create(body, loc, narrow, bounds,
                                  ValueRange{rows[side], lane});
        }
        scf::YieldOp::create(body, loc);
      });
  auto vector = VectorType::get({count}, builder.getI32Type());
  Value lo = vector::LoadOp::create(before, loc, vector, bounds,
                                    ValueRange{zero, zero});
  Value hi = vector::LoadOp::create(before, loc, vector, bounds,
                                    ValueRange{one, zero});
  return {lo, hi};
}
