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

/// Lane by lane, into a buffer that is loaded as a vector.
Value VectorMaskPredicate::buildForEachPair(PairBody body) {
  int64_t count = lanes.getCount();
  Type integer = builder.getI32Type();
  Value kept = getScratch(step, "pairs", MemRefType::get({count}, integer));
  Value heads = lanes.getHeads(), rows = getRow();
  IndexMath math(builder, loc);
  OpFoldResult lastRow = math.add(getAsOpFoldResult(step.getNumRows()), -1);
  Value zero = math.materialize(math.constant(0));
  scf::ForOp::create(
      builder, loc, zero, math.materialize(math.constant(count)),
      math.materialize(math.constant(1)), ValueRange(),
      [&](OpBuilder &b, Location l, Value lane, ValueRange) {
        IndexMath inner(b, l);
        auto place = [&](Value value) -> Value {
          if (isa<VectorType>(value.getType()))
            value = vector::ExtractOp::create(b, l, value,
                                              ArrayRef<OpFoldResult>{lane});
          if (!isa<IndexType>(value.getType()))
            value = arith::IndexCastOp::create(b, l, b.getIndexType(), value);
          return value;
        };
        // Lanes beyond the last query repeat it.
        Value row = inner.materialize(inner.min(place(rows), lastRow));
        Value position = inner.materialize(inner.add(row, step.getPosition()));
        Value keeps = body(inner, {step.getBatch(), place(heads), row, position,
                                   place(col), step.getMaskOperands()});
        Value number = arith::ExtUIOp::create(b, l, integer, keeps);
        memref::StoreOp::create(b, l, number, kept, lane);
        scf::YieldOp::create(b, l);
      });
  auto vector = VectorType::get({count}, integer);
  Value numbers = vector::LoadOp::create(builder, loc, vector, kept, zero);
  Value none = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(vector, int32_t(0)));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, numbers,
                               none);
}
