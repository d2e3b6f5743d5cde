//===- IndexMath.cpp - index arithmetic that folds ------------------------===//
//
// Implements IndexMath on composed affine ops.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

OpFoldResult IndexMath::constant(int64_t value) {
  return builder.getIndexAttr(value);
}

OpFoldResult IndexMath::add(OpFoldResult lhs, OpFoldResult rhs) {
  AffineExpr a, b;
  bindDims(builder.getContext(), a, b);
  return affine::makeComposedFoldedAffineApply(builder, loc, a + b, {lhs, rhs});
}

OpFoldResult IndexMath::sub(OpFoldResult lhs, OpFoldResult rhs) {
  AffineExpr a, b;
  bindDims(builder.getContext(), a, b);
  return affine::makeComposedFoldedAffineApply(builder, loc, a - b, {lhs, rhs});
}

OpFoldResult IndexMath::mul(OpFoldResult lhs, int64_t rhs) {
  AffineExpr a = builder.getAffineDimExpr(0);
  return affine::makeComposedFoldedAffineApply(builder, loc, a * rhs, {lhs});
}

OpFoldResult IndexMath::floorDiv(OpFoldResult lhs, int64_t rhs) {
  AffineExpr a = builder.getAffineDimExpr(0);
  return affine::makeComposedFoldedAffineApply(builder, loc, a.floorDiv(rhs),
                                               {lhs});
}

OpFoldResult IndexMath::ceilDiv(OpFoldResult lhs, int64_t rhs) {
  AffineExpr a = builder.getAffineDimExpr(0);
  return affine::makeComposedFoldedAffineApply(builder, loc, a.ceilDiv(rhs),
                                               {lhs});
}

OpFoldResult IndexMath::mod(OpFoldResult lhs, int64_t rhs) {
  AffineExpr a = builder.getAffineDimExpr(0);
  return affine::makeComposedFoldedAffineApply(builder, loc, a % rhs, {lhs});
}

OpFoldResult IndexMath::min(OpFoldResult lhs, OpFoldResult rhs) {
  AffineMap map = builder.getMultiDimIdentityMap(2);
  return affine::makeComposedFoldedAffineMin(builder, loc, map, {lhs, rhs});
}

OpFoldResult IndexMath::max(OpFoldResult lhs, OpFoldResult rhs) {
  AffineMap map = builder.getMultiDimIdentityMap(2);
  return affine::makeComposedFoldedAffineMax(builder, loc, map, {lhs, rhs});
}

OpFoldResult IndexMath::selectLess(OpFoldResult lhs, OpFoldResult rhs,
                                   OpFoldResult ifTrue, OpFoldResult ifFalse) {
  std::optional<int64_t> a = getConstantIntValue(lhs);
  std::optional<int64_t> b = getConstantIntValue(rhs);
  if (a && b)
    return *a < *b ? ifTrue : ifFalse;
  Value less = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                     materialize(lhs), materialize(rhs));
  return builder.createOrFold<arith::SelectOp>(loc, less, materialize(ifTrue),
                                               materialize(ifFalse));
}

Value IndexMath::materialize(OpFoldResult value) {
  return getValueOrCreateConstantIndexOp(builder, loc, value);
}
