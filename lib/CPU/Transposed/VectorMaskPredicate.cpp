//===- VectorMaskPredicate.cpp - masks on lanes of queries ----------------===//
//
// Implements the lane-wise view of positions. Boundaries around a row are found
// by bisection once a panel, kept in a small buffer and loaded as vectors.
//
//===----------------------------------------------------------------------===//

#include "VectorMaskPredicate.h"
#include "Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

VectorMaskPredicate::VectorMaskPredicate(OpBuilder &builder,
                                         OpBuilder::InsertPoint prologue,
                                         StepOp step, int64_t lanes,
                                         Value firstRow, Value key,
                                         bool isNarrow)
    : MaskPredicateBuilder(builder, step.getLoc()), prologue(prologue),
      step(step), lanes(lanes), isNarrow(isNarrow), firstRow(firstRow) {
  col = splat(key);
}

Value VectorMaskPredicate::splat(Value index) {
  Value narrow =
      arith::IndexCastOp::create(builder, loc, builder.getI32Type(), index);
  return vector::BroadcastOp::create(
      builder, loc, VectorType::get({lanes}, builder.getI32Type()), narrow);
}

Value VectorMaskPredicate::getConstant(int64_t value) {
  auto type = VectorType::get({lanes}, builder.getI32Type());
  // Positions never reach the ends of i32, so clamping a far constant to them
  // changes no comparison.
  int32_t narrow = std::clamp<int64_t>(value, INT32_MIN / 2, INT32_MAX / 2);
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, narrow));
}

Value VectorMaskPredicate::getRow() {
  if (row)
    return row;
  SmallVector<int32_t> iota(lanes);
  for (int64_t lane = 0; lane < lanes; ++lane)
    iota[lane] = lane;
  auto type = VectorType::get({lanes}, builder.getI32Type());
  Value steps = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, ArrayRef(iota)));
  // Heads folded together repeat their rows.
  if (step.getHeads() && isNarrow)
    steps =
        arith::RemUIOp::create(builder, loc, steps, splat(step.getValidRows()));
  row = arith::AddIOp::create(builder, loc, splat(firstRow), steps);
  return row;
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
  OpBuilder before(builder.getContext());
  before.restoreInsertionPoint(prologue);
  Value bounds = getScratch(step, "segments" + std::to_string(slot),
                            MemRefType::get({2, lanes}, before.getI32Type()));
  IndexMath math(before, loc);
  Value zero = math.materialize(math.constant(0));
  Value one = math.materialize(math.constant(1));
  scf::ForOp::create(
      before, loc, zero, math.materialize(math.constant(lanes)), one,
      ValueRange(), [&](OpBuilder &body, Location, Value lane, ValueRange) {
        IndexMath inner(body, loc);
        Value place = lane;
        if (step.getHeads() && isNarrow)
          place = arith::RemUIOp::create(body, loc, lane, step.getValidRows());
        Value position = inner.materialize(inner.add(place, firstRow));
        auto [lo, hi] =
            buildSegmentAround(inner, step.getMaskOperands()[slot], position);
        Value rows[] = {zero, one}, ends[] = {lo, hi};
        for (int side = 0; side < 2; ++side) {
          Value narrow = arith::IndexCastOp::create(
              body, loc, body.getI32Type(), ends[side]);
          memref::StoreOp::create(body, loc, narrow, bounds,
                                  ValueRange{rows[side], lane});
        }
        scf::YieldOp::create(body, loc);
      });
  auto vector = VectorType::get({lanes}, builder.getI32Type());
  Value lo = vector::LoadOp::create(before, loc, vector, bounds,
                                    ValueRange{zero, zero});
  Value hi = vector::LoadOp::create(before, loc, vector, bounds,
                                    ValueRange{one, zero});
  return {lo, hi};
}
