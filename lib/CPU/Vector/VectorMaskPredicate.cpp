//===- VectorMaskPredicate.cpp - masks on lanes of scores -----------------===//
//
// Implements the lane-wise view of positions. What operands hold for a query is
// read once a panel, kept in a small buffer and loaded as vectors; what they
// hold for a key is read as a scalar.
//
//===----------------------------------------------------------------------===//

#include "Vector/VectorMaskPredicate.h"
#include "Vector/ScoreVectorizer.h"
#include "Vector/Scratch.h"
#include "attn/IR/Predicates.h"
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

Value VectorMaskPredicate::getHead() {
  Value heads = lanes.getHeads();
  auto vector = dyn_cast<VectorType>(heads.getType());
  if (!vector)
    return splat(heads);
  return arith::IndexCastOp::create(builder, loc,
                                    vector.clone(builder.getI32Type()), heads);
}

SmallVector<Value> VectorMaskPredicate::buildForQueries(StringRef tag,
                                                        int64_t count,
                                                        Type element,
                                                        LaneBody build) {
  OpBuilder before = lanes.getPrologue();
  int64_t width = lanes.getCount();
  Value buffer =
      getScratch(step, tag, MemRefType::get({count, width}, element));
  IndexMath math(before, loc);
  auto number = [&](int64_t value) {
    return math.materialize(math.constant(value));
  };
  OpFoldResult lastRow = math.add(getAsOpFoldResult(step.getNumRows()), -1);
  Value zero = number(0);
  SmallVector<Value> parts;
  for (int64_t part = 0; part < count; ++part)
    parts.push_back(number(part));
  scf::ForOp::create(
      before, loc, zero, number(width), number(1), ValueRange(),
      [&](OpBuilder &body, Location, Value lane, ValueRange) {
        IndexMath inner(body, loc);
        // Lanes beyond the last query repeat it, so that reads stay inside.
        OpFoldResult row = inner.min(lanes.buildRow(body, lane), lastRow);
        OpFoldResult position =
            inner.add(row, getAsOpFoldResult(step.getPosition()));
        for (auto [part, value] :
             llvm::zip_equal(parts, build(inner, lane, row, position))) {
          if (isa<IndexType>(value.getType()))
            value = arith::IndexCastOp::create(body, loc, element, value);
          memref::StoreOp::create(body, loc, value, buffer,
                                  ValueRange{part, lane});
        }
        scf::YieldOp::create(body, loc);
      });
  auto vector = VectorType::get({width}, element);
  SmallVector<Value> result;
  for (Value part : parts)
    result.push_back(vector::LoadOp::create(before, loc, vector, buffer,
                                            ValueRange{part, zero}));
  return result;
}

std::pair<Value, Value> VectorMaskPredicate::buildSegment(unsigned slot,
                                                          QueryPlace place) {
  SmallVector<Value> ends = buildForQueries(
      "segments" + std::to_string(slot), 2, builder.getI32Type(),
      [&](IndexMath &math, Value, OpFoldResult row,
          OpFoldResult position) -> SmallVector<Value> {
        Value at = math.materialize(place(math, row, position));
        auto [lo, hi] =
            buildSegmentAround(math, step.getMaskOperands()[slot], at);
        return {lo, hi};
      });
  return {ends[0], ends[1]};
}

Value VectorMaskPredicate::buildQueryElement(unsigned slot, QueryPlace place) {
  return buildForQueries(
             "elements" + std::to_string(slot), 1, builder.getI32Type(),
             [&](IndexMath &math, Value, OpFoldResult row,
                 OpFoldResult position) -> SmallVector<Value> {
               return {buildLoadIndex(math, step.getMaskOperands()[slot],
                                      place(math, row, position))};
             })
      .front();
}

Value VectorMaskPredicate::buildKeyElement(unsigned slot, KeyPlace place) {
  IndexMath math(builder, loc);
  auto load = [&](OpFoldResult at) -> Value {
    return buildLoadIndex(math, step.getMaskOperands()[slot], place(math, at));
  };
  if (lanes.getQueries() == lanes.getCount())
    return splat(load(key));
  // Neighbouring lanes share a key, and few keys a vector.
  SmallVector<Value> elements;
  for (int64_t first = 0; first < lanes.getCount();
       first += lanes.getQueries()) {
    OpFoldResult further = math.add(key, first / lanes.getQueries());
    Value element = arith::IndexCastOp::create(
        builder, loc, builder.getI32Type(), load(math.min(further, last)));
    elements.append(lanes.getQueries(), element);
  }
  return vector::FromElementsOp::create(
      builder, loc, VectorType::get({lanes.getCount()}, builder.getI32Type()),
      elements);
}

SmallVector<Value> VectorMaskPredicate::buildForEachQuery(unsigned count,
                                                          QueryBody body) {
  Value heads = lanes.getHeads();
  return buildForQueries(
      "numbers", count, builder.getI64Type(),
      [&](IndexMath &math, Value lane, OpFoldResult row,
          OpFoldResult position) {
        Value head = heads;
        if (isa<VectorType>(heads.getType()))
          head = vector::ExtractOp::create(math.getBuilder(), loc, heads,
                                           ArrayRef<OpFoldResult>{lane});
        Value queryRow = math.materialize(row);
        return body(math, {step.getBatch(), head, queryRow,
                           math.materialize(position), Value(),
                           step.getMaskOperands(), queryRow});
      });
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
                                   place(col), step.getMaskOperands(), row});
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

Value VectorMaskPredicate::buildCall(FlatSymbolRefAttr predicate,
                                     ArrayRef<unsigned> slots, Value position,
                                     Value ofKey) {
  auto asIndex = [&](Value value) -> Value {
    auto vector = cast<VectorType>(value.getType());
    return arith::IndexCastOp::create(
        builder, loc, vector.clone(builder.getIndexType()), value);
  };
  PredicateArguments arguments;
  arguments.batch = step.getBatch();
  arguments.head = lanes.getHeads();
  arguments.query = position ? asIndex(position) : lanes.getPositions();
  arguments.key =
      ofKey ? asIndex(ofKey)
            : lanes.buildKeys(builder, key, last, builder.getIndexType());
  for (unsigned slot : slots)
    arguments.arrays.push_back(step.getMaskOperands()[slot]);
  arguments.queriesRise = !position && lanes.areQueriesInOrder();
  return vectorizePredicate(builder, findPredicate(step, predicate), arguments,
                            lanes.getCount());
}
