//===- BlockRows.cpp - rows of a block as vectors -------------------------===//
//
// Views rows of neighbouring elements where they lie, and copies others.
//
//===----------------------------------------------------------------------===//

#include "Row/BlockRows.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Rows whose distance is known at run time only.
static MemRefType getRowsType(MemRefType source, OpFoldResult width) {
  int64_t dynamic = ShapedType::kDynamic;
  auto layout =
      StridedLayoutAttr::get(source.getContext(), dynamic, {dynamic, 1});
  return MemRefType::get(
      {dynamic, getConstantIntValue(width).value_or(dynamic)},
      source.getElementType(), layout);
}

BlockRows::BlockRows(VectorBuilder &b, StepOp step, Value source, Value count,
                     Value state, StringRef tag) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto type = cast<MemRefType>(source.getType());
  OpFoldResult columns = memref::getMixedSize(builder, loc, source, 1);
  width = b.mul(b.ceilDiv(columns, b.lanes), b.lanes);
  MemRefType rowsType = getRowsType(type, width);
  std::optional<int64_t> known = getConstantIntValue(columns);
  if (!known || *known % b.lanes != 0) {
    rows = memref::CastOp::create(
        builder, loc, rowsType, buildCopy(b, step, source, count, state, tag));
    return;
  }
  auto view = memref::ExtractStridedMetadataOp::create(builder, loc, source);
  OpFoldResult stride = view.getConstifiedMixedStrides()[1];
  auto buildView = [&](OpBuilder &inner) -> Value {
    return memref::ReinterpretCastOp::create(
        inner, loc, rowsType, view.getBaseBuffer(),
        view.getConstifiedMixedOffset(),
        ArrayRef<OpFoldResult>{view.getConstifiedMixedSizes()[0], width},
        ArrayRef<OpFoldResult>{view.getConstifiedMixedStrides()[0],
                               inner.getIndexAttr(1)});
  };
  if (isConstantIntValue(stride, 1)) {
    rows = buildView(builder);
    return;
  }
  Value areNeighbours =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                            b.materialize(stride), b.index(1));
  auto branch = scf::IfOp::create(
      builder, loc, areNeighbours,
      [&](OpBuilder &then, Location) {
        scf::YieldOp::create(then, loc, buildView(then));
      },
      [&](OpBuilder &otherwise, Location) {
        VectorBuilder inner = b.at(otherwise);
        Value copy = buildCopy(inner, step, source, count, state, tag);
        scf::YieldOp::create(otherwise, loc, copy);
      });
  rows = branch.getResult(0);
}

Value BlockRows::buildCopy(VectorBuilder &b, StepOp step, Value source,
                           Value count, Value state, StringRef tag) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Type element = cast<MemRefType>(source.getType()).getElementType();
  Value columns = b.materialize(memref::getMixedSize(builder, loc, source, 1));
  OpFoldResult padded = memref::getMixedSize(builder, loc, state, 2);
  std::optional<int64_t> known = getConstantIntValue(padded);
  SmallVector<Value> sizes;
  if (!known)
    sizes.push_back(cast<Value>(padded));
  Value copy =
      getScratch(step, tag,
                 MemRefType::get({step.getSchedule().getKeyBlock(),
                                  known.value_or(ShapedType::kDynamic)},
                                 element),
                 sizes);
  Value filled = b.materialize(width);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
  b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value row) {
    OpBuilder &inner = b.getBuilder();
    b.forEach(b.index(0), columns, 1, [&](VectorBuilder &b, Value column) {
      Value value = memref::LoadOp::create(b.getBuilder(), loc, source,
                                           ValueRange{row, column});
      memref::StoreOp::create(b.getBuilder(), loc, value, copy,
                              ValueRange{row, column});
    });
    scf::ForOp::create(
        inner, loc, columns, filled, b.index(1), ValueRange(),
        [&](OpBuilder &body, Location, Value column, ValueRange) {
          memref::StoreOp::create(body, loc, zero, copy,
                                  ValueRange{row, column});
          scf::YieldOp::create(body, loc);
        });
  });
  return memref::ReinterpretCastOp::create(
      builder, loc, getRowsType(cast<MemRefType>(source.getType()), width),
      copy, b.constant(0), ArrayRef<OpFoldResult>{count, width},
      ArrayRef<OpFoldResult>{padded, builder.getIndexAttr(1)});
}

Value BlockRows::load(VectorBuilder &b, Value row, Value column) const {
  OpBuilder &builder = b.getBuilder();
  Type element = cast<MemRefType>(rows.getType()).getElementType();
  Value vector = vector::LoadOp::create(builder, b.getLoc(),
                                        VectorType::get({b.lanes}, element),
                                        rows, ValueRange{row, column});
  if (element == b.element)
    return vector;
  if (isa<IntegerType>(element))
    return arith::SIToFPOp::create(builder, b.getLoc(), b.getType(), vector);
  return arith::ExtFOp::create(builder, b.getLoc(), b.getType(), vector);
}

int64_t BlockRows::getLanesOfLine(VectorBuilder &b) const {
  int64_t bits = cast<MemRefType>(rows.getType()).getElementTypeBitWidth();
  return std::max<int64_t>(b.lanes, kLineBits / bits);
}

OpFoldResult BlockRows::countLines(VectorBuilder &b, Value column,
                                   OpFoldResult count) const {
  OpBuilder &builder = b.getBuilder();
  Value lines = arith::DivUIOp::create(builder, b.getLoc(), column,
                                       b.index(getLanesOfLine(b)));
  return arith::MulIOp::create(builder, b.getLoc(), lines, b.materialize(count))
      .getResult();
}

void BlockRows::prefetch(VectorBuilder &b, Value first, OpFoldResult number,
                         Value row, Value column, OpFoldResult ahead) const {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  int64_t line = getLanesOfLine(b);
  if (std::optional<int64_t> known = getConstantIntValue(width);
      known && *known % line == 0) {
    Value lines = b.index(*known / line), at = b.materialize(number);
    Value rest = arith::RemUIOp::create(builder, loc, at, lines);
    row = b.materialize(b.add(
        first, arith::DivUIOp::create(builder, loc, at, lines).getResult()));
    column = b.materialize(b.mul(rest, line));
  }
  b.prefetch(rows, {b.materialize(b.add(row, ahead)), column});
}
