//===- VectorBuilder.cpp - short names for vector code --------------------===//
//
// Implements the vocabulary of the lowerings.
//
//===----------------------------------------------------------------------===//

#include "Vector/VectorBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

Value VectorBuilder::number(double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(element, value));
}

Value VectorBuilder::splat(double value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(getType(), builder.getFloatAttr(element, value)));
}

Value VectorBuilder::broadcast(Value scalar) {
  return vector::BroadcastOp::create(builder, loc, getType(), scalar);
}

Value VectorBuilder::load(Value buffer, ValueRange indices) {
  return vector::LoadOp::create(builder, loc, getType(), buffer, indices);
}

void VectorBuilder::store(Value vector, Value buffer, ValueRange indices) {
  vector::StoreOp::create(builder, loc, vector, buffer, indices);
}

Value VectorBuilder::loadScalar(Value buffer, ValueRange indices) {
  Value value = memref::LoadOp::create(builder, loc, buffer, indices);
  if (value.getType() == element)
    return value;
  if (isa<IntegerType>(value.getType()))
    return arith::SIToFPOp::create(builder, loc, element, value);
  return arith::ExtFOp::create(builder, loc, element, value);
}

void VectorBuilder::storeScalar(Value scalar, Value buffer,
                                ValueRange indices) {
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  if (type != element)
    scalar = arith::TruncFOp::create(builder, loc, type, scalar);
  memref::StoreOp::create(builder, loc, scalar, buffer, indices);
}

void VectorBuilder::prefetch(Value buffer, ValueRange indices, bool isWrite) {
  memref::PrefetchOp::create(builder, loc, buffer, indices, isWrite,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

Value VectorBuilder::mulf(Value lhs, Value rhs) {
  return arith::MulFOp::create(builder, loc, lhs, rhs);
}
Value VectorBuilder::addf(Value lhs, Value rhs) {
  return arith::AddFOp::create(builder, loc, lhs, rhs);
}
Value VectorBuilder::subf(Value lhs, Value rhs) {
  return arith::SubFOp::create(builder, loc, lhs, rhs);
}
Value VectorBuilder::divf(Value lhs, Value rhs) {
  return arith::DivFOp::create(builder, loc, lhs, rhs);
}
Value VectorBuilder::exp2(Value value) {
  return math::Exp2Op::create(builder, loc, value);
}
Value VectorBuilder::log2(Value value) {
  return math::Log2Op::create(builder, loc, value);
}

Value VectorBuilder::maxf(Value lhs, Value rhs) {
  Value greater =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, rhs, lhs);
  return arith::SelectOp::create(builder, loc, greater, rhs, lhs);
}

Value VectorBuilder::selectEqual(Value value, double scalar, Value ifTrue,
                                 Value ifFalse) {
  Value equal = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                      value, splat(scalar));
  return arith::SelectOp::create(builder, loc, equal, ifTrue, ifFalse);
}

void VectorBuilder::forEach(
    Value lo, Value hi, int64_t step,
    llvm::function_ref<void(VectorBuilder &, Value)> body) {
  scf::ForOp::create(builder, loc, lo, hi, index(step), ValueRange(),
                     [&](OpBuilder &b, Location, Value iv, ValueRange) {
                       VectorBuilder inner = at(b);
                       body(inner, iv);
                       scf::YieldOp::create(b, loc);
                     });
}

SmallVector<Value> VectorBuilder::fold(
    Value lo, Value hi, int64_t step, ValueRange init,
    llvm::function_ref<SmallVector<Value>(VectorBuilder &, Value, ValueRange)>
        body) {
  auto loop = scf::ForOp::create(
      builder, loc, lo, hi, index(step), init,
      [&](OpBuilder &b, Location, Value iv, ValueRange carried) {
        VectorBuilder inner = at(b);
        scf::YieldOp::create(b, loc, body(inner, iv, carried));
      });
  return SmallVector<Value>(loop.getResults());
}
