//===- Rotate.cpp - rotary positions on vectors ---------------------------===//
//
// Lowers attn.rotate (arXiv:2104.09864). Lanes are pairs of a row. Vectors need
// elements that lie side by side, which is asked of the strides once a tile:
// rows of other arrays, and what is left of a row, go pair by pair.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "Vector/VectorBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// A buffer, and whether elements of its last dimension are neighbours.
struct Rows {
  Value buffer;
  /// An i1; null if they are known to be.
  Value areNeighbours;
  /// The buffer seen as if they were.
  Value dense;
};

/// Rotates the rows of one tile.
class Rotator {
public:
  Rotator(RotateOp op, VectorBuilder &b)
      : loc(op.getLoc()),
        interleaved(op.getLayout() == RopeLayout::Interleaved),
        input(viewRows(b, op.getInput())), cos(viewRows(b, op.getCos())),
        sin(viewRows(b, op.getSin())), out(viewRows(b, op.getOut())) {
    auto size = [&](Value buffer, unsigned dim) {
      return b.materialize(
          memref::getMixedSize(b.getBuilder(), loc, buffer, dim));
    };
    heads = size(op.getInput(), 0);
    length = size(op.getInput(), 1);
    width = size(op.getInput(), 2);
    half = size(op.getCos(), 1);
    rotated = b.materialize(b.mul(half, 2));
    vectorEnd = b.materialize(b.mul(b.floorDiv(half, b.lanes), b.lanes));
    for (const Rows &rows : {input, cos, sin, out})
      if (rows.areNeighbours)
        vectorEnd = arith::SelectOp::create(
            b.getBuilder(), loc, rows.areNeighbours, vectorEnd, b.index(0));
  }

  void run(VectorBuilder &b) {
    b.forEach(b.index(0), length, 1, [&](VectorBuilder &b, Value row) {
      b.forEach(b.index(0), heads, 1, [&](VectorBuilder &b, Value head) {
        b.forEach(b.index(0), vectorEnd, b.lanes,
                  [&](VectorBuilder &b, Value pair) {
                    rotateVector(b, head, row, pair);
                  });
        b.forEach(vectorEnd, half, 1, [&](VectorBuilder &b, Value pair) {
          rotatePair(b, head, row, pair);
        });
        b.forEach(rotated, width, 1, [&](VectorBuilder &b, Value column) {
          Value element = memref::LoadOp::create(
              b.getBuilder(), loc, input.buffer, ValueRange{head, row, column});
          memref::StoreOp::create(b.getBuilder(), loc, element, out.buffer,
                                  ValueRange{head, row, column});
        });
      });
    });
  }

private:
  Rows viewRows(VectorBuilder &b, Value buffer) {
    OpBuilder &builder = b.getBuilder();
    auto type = cast<MemRefType>(buffer.getType());
    auto view = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
    SmallVector<OpFoldResult> strides = view.getConstifiedMixedStrides();
    if (isConstantIntValue(strides.back(), 1))
      return {buffer, Value(), buffer};
    Value areNeighbours =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              b.materialize(strides.back()), b.index(1));
    strides.back() = b.constant(1);
    auto [staticStrides, offset] = type.getStridesAndOffset();
    staticStrides.back() = 1;
    auto denseType = MemRefType::get(
        type.getShape(), type.getElementType(),
        StridedLayoutAttr::get(builder.getContext(), offset, staticStrides));
    Value dense = memref::ReinterpretCastOp::create(
        builder, loc, denseType, view.getBaseBuffer(),
        view.getConstifiedMixedOffset(), view.getConstifiedMixedSizes(),
        strides);
    return {buffer, areNeighbours, dense};
  }

  /// (x cos - y sin, y cos + x sin), for scalars and for vectors.
  std::pair<Value, Value> rotate(VectorBuilder &b, Value x, Value y, Value c,
                                 Value s) {
    OpBuilder &builder = b.getBuilder();
    Value minus = arith::NegFOp::create(builder, loc, s);
    Value first = math::FmaOp::create(builder, loc, x, c, b.mulf(y, minus));
    Value second = math::FmaOp::create(builder, loc, y, c, b.mulf(x, s));
    return {first, second};
  }

  /// Where the elements of a pair stand in their row.
  std::pair<Value, Value> columnsOf(VectorBuilder &b, Value pair) {
    if (!interleaved)
      return {pair, b.materialize(b.add(pair, half))};
    OpFoldResult first = b.mul(pair, 2);
    return {b.materialize(first), b.materialize(b.add(first, 1))};
  }

  void rotatePair(VectorBuilder &b, Value head, Value row, Value pair) {
    auto [first, second] = columnsOf(b, pair);
    Value x = b.loadScalar(input.buffer, {head, row, first});
    Value y = b.loadScalar(input.buffer, {head, row, second});
    auto [u, v] = rotate(b, x, y, b.loadScalar(cos.buffer, {row, pair}),
                         b.loadScalar(sin.buffer, {row, pair}));
    b.storeScalar(u, out.buffer, {head, row, first});
    b.storeScalar(v, out.buffer, {head, row, second});
  }

  void rotateVector(VectorBuilder &b, Value head, Value row, Value pair) {
    OpBuilder &builder = b.getBuilder();
    auto [first, second] = columnsOf(b, pair);
    Value c = load(b, cos, b.lanes, {row, pair});
    Value s = load(b, sin, b.lanes, {row, pair});
    if (!interleaved) {
      Value x = load(b, input, b.lanes, {head, row, first});
      Value y = load(b, input, b.lanes, {head, row, second});
      auto [u, v] = rotate(b, x, y, c, s);
      store(b, u, {head, row, first});
      store(b, v, {head, row, second});
      return;
    }
    auto pairs = vector::DeinterleaveOp::create(
        builder, loc, load(b, input, 2 * b.lanes, {head, row, first}));
    auto [u, v] = rotate(b, pairs.getRes1(), pairs.getRes2(), c, s);
    store(b, vector::InterleaveOp::create(builder, loc, u, v),
          {head, row, first});
  }

  Value load(VectorBuilder &b, const Rows &rows, int64_t count,
             ValueRange indices) {
    OpBuilder &builder = b.getBuilder();
    Type element = cast<MemRefType>(rows.dense.getType()).getElementType();
    Value vector = vector::LoadOp::create(
        builder, loc, VectorType::get({count}, element), rows.dense, indices);
    if (element == b.element)
      return vector;
    return arith::ExtFOp::create(builder, loc,
                                 VectorType::get({count}, b.element), vector);
  }

  void store(VectorBuilder &b, Value vector, ValueRange indices) {
    OpBuilder &builder = b.getBuilder();
    Type element = cast<MemRefType>(out.dense.getType()).getElementType();
    if (element != b.element)
      vector = arith::TruncFOp::create(
          builder, loc, cast<VectorType>(vector.getType()).clone(element),
          vector);
    b.store(vector, out.dense, indices);
  }

  Location loc;
  bool interleaved;
  Rows input, cos, sin, out;
  Value heads, length, width, half, rotated, vectorEnd;
};

} // namespace

void attn::lowerRotate(RotateOp op, int64_t bits) {
  OpBuilder builder(op);
  auto element = cast<FloatType>(
      cast<MemRefType>(op.getInput().getType()).getElementType());
  FloatType compute =
      element.isF64() ? element : FloatType(builder.getF32Type());
  VectorBuilder b(builder, op.getLoc(), compute, bits / compute.getWidth());
  Rotator(op, b).run(b);
  op.erase();
}
