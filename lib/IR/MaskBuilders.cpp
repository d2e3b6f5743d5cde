//===- MaskBuilders.cpp - shared code of masks ----------------------------===//
//
// Implements the operand readers and the predicate builder's arithmetic.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnAttrs.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

OpFoldResult attn::buildLength(IndexMath &math, Value shaped) {
  auto type = cast<ShapedType>(shaped.getType());
  if (!type.isDynamicDim(0))
    return math.constant(type.getDimSize(0));
  if (isa<MemRefType>(type))
    return memref::DimOp::create(math.getBuilder(), math.getLoc(), shaped, 0)
        .getResult();
  return tensor::DimOp::create(math.getBuilder(), math.getLoc(), shaped, 0)
      .getResult();
}

Value attn::buildLoadIndex(IndexMath &math, Value shaped, OpFoldResult index) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  Value position = math.materialize(index);
  Value element;
  if (isa<MemRefType>(shaped.getType()))
    element = memref::LoadOp::create(builder, loc, shaped, position);
  else
    element = tensor::ExtractOp::create(builder, loc, shaped, position);
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    element);
}

Value attn::buildLoadOfBatch(IndexMath &math, Value shaped, Value batch) {
  // One element serves every batch.
  OpFoldResult last = math.add(buildLength(math, shaped), -1);
  return buildLoadIndex(math, shaped, math.min(batch, last));
}

Value attn::buildSharedIndex(IndexMath &math, Value shaped, unsigned dim,
                             Value index) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  OpFoldResult size = isa<MemRefType>(shaped.getType())
                          ? memref::getMixedSize(builder, loc, shaped, dim)
                          : tensor::getMixedSize(builder, loc, shaped, dim);
  if (isConstantIntValue(size, 1))
    return math.materialize(math.constant(0));
  if (getConstantIntValue(size))
    return index;
  return math.materialize(math.min(index, math.add(size, -1)));
}

Value attn::buildUpperBound(IndexMath &math, Value boundaries, Value position) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  Value zero = math.materialize(math.constant(0));
  Value one = math.materialize(math.constant(1));
  Value length = math.materialize(buildLength(math, boundaries));
  // Invariant: elements before lo are <= position, elements from hi on are not.
  auto loop = scf::WhileOp::create(
      builder, loc, TypeRange{zero.getType(), zero.getType()},
      ValueRange{zero, length},
      [&](OpBuilder &b, Location l, ValueRange args) {
        Value open = arith::CmpIOp::create(b, l, arith::CmpIPredicate::slt,
                                           args[0], args[1]);
        scf::ConditionOp::create(b, l, open, args);
      },
      [&](OpBuilder &b, Location l, ValueRange args) {
        IndexMath inner(b, l);
        Value sum = arith::AddIOp::create(b, l, args[0], args[1]);
        Value middle = arith::ShRUIOp::create(b, l, sum, one);
        Value element = buildLoadIndex(inner, boundaries, middle);
        Value right = arith::CmpIOp::create(b, l, arith::CmpIPredicate::sle,
                                            element, position);
        Value next = arith::AddIOp::create(b, l, middle, one);
        Value lo = arith::SelectOp::create(b, l, right, next, args[0]);
        Value hi = arith::SelectOp::create(b, l, right, args[1], middle);
        scf::YieldOp::create(b, l, ValueRange{lo, hi});
      });
  return loop.getResult(0);
}

std::pair<Value, Value>
attn::buildSegmentAround(IndexMath &math, Value boundaries, Value position) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  Value zero = math.materialize(math.constant(0));
  Value length = math.materialize(buildLength(math, boundaries));
  Value above = buildUpperBound(math, boundaries, position);
  Value positive = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sgt, above, zero);
  Value inside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       above, length);
  Value within = arith::AndIOp::create(builder, loc, positive, inside);
  // Reading only inside keeps an operand without elements legal.
  auto branch = scf::IfOp::create(
      builder, loc, within,
      [&](OpBuilder &b, Location l) {
        IndexMath inner(b, l);
        Value lo = buildLoadIndex(inner, boundaries, inner.add(above, -1));
        Value hi = buildLoadIndex(inner, boundaries, above);
        scf::YieldOp::create(b, l, ValueRange{lo, hi});
      },
      [&](OpBuilder &b, Location l) {
        scf::YieldOp::create(b, l, ValueRange{zero, zero});
      });
  return {branch.getResult(0), branch.getResult(1)};
}

std::pair<Value, Value> MaskPredicateBuilder::getSegmentOfRow(unsigned slot) {
  return buildSegment(
      slot, [](IndexMath &, OpFoldResult row, OpFoldResult) { return row; });
}

Value MaskPredicateBuilder::getElementOfRow(unsigned slot) {
  return buildQueryElement(
      slot, [](IndexMath &, OpFoldResult row, OpFoldResult) { return row; });
}

Value MaskPredicateBuilder::getElementOfCol(unsigned slot) {
  return buildKeyElement(slot,
                         [](IndexMath &, OpFoldResult col) { return col; });
}

Value MaskPredicateBuilder::isLess(Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, lhs,
                               rhs);
}

Value MaskPredicateBuilder::isLessOrEqual(Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle, lhs,
                               rhs);
}

Value MaskPredicateBuilder::isEqual(Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, lhs,
                               rhs);
}

Value MaskPredicateBuilder::both(Value lhs, Value rhs) {
  return builder.createOrFold<arith::AndIOp>(loc, lhs, rhs);
}

Value MaskPredicateBuilder::either(Value lhs, Value rhs) {
  return builder.createOrFold<arith::OrIOp>(loc, lhs, rhs);
}

Value MaskPredicateBuilder::negate(Value predicate) {
  return builder.createOrFold<arith::XOrIOp>(loc, predicate, getBool(true));
}

Value MaskPredicateBuilder::getBool(bool value) {
  Type type = builder.getI1Type();
  // Of all positions a constant is the cheapest to have, also inside of masks.
  if (auto shaped = dyn_cast<ShapedType>(getConstant(0).getType())) {
    auto vector = cast<VectorType>(shaped.clone(type));
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(vector, value));
  }
  return arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
}

Value MaskPredicateBuilder::add(Value lhs, Value rhs) {
  return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}

Value MaskPredicateBuilder::sub(Value lhs, Value rhs) {
  return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs);
}

Value MaskPredicateBuilder::min(Value lhs, Value rhs) {
  return builder.createOrFold<arith::MinSIOp>(loc, lhs, rhs);
}

Value MaskPredicateBuilder::max(Value lhs, Value rhs) {
  return builder.createOrFold<arith::MaxSIOp>(loc, lhs, rhs);
}

/// `value` in every lane of `type`, as large as it is.
static Value buildNumber(OpBuilder &builder, Location loc, Type type,
                         int64_t value) {
  TypedAttr number = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    number = DenseElementsAttr::get(vector, Attribute(number));
  return arith::ConstantOp::create(builder, loc, number);
}

/// With s = -1 for negative x and 0 for others, x xor s is -x - 1 or x, so that
/// the quotient is that of numbers that are not negative and none overflows.
Value MaskPredicateBuilder::mul(Value lhs, int64_t rhs) {
  if (rhs == 1)
    return lhs;
  return arith::MulIOp::create(builder, loc, lhs,
                               buildNumber(builder, loc, lhs.getType(), rhs));
}

Value MaskPredicateBuilder::floorDiv(Value lhs, int64_t rhs) {
  if (rhs == 1)
    return lhs;
  auto number = [&](int64_t value) {
    return buildNumber(builder, loc, lhs.getType(), value);
  };
  if (llvm::isPowerOf2_64(rhs))
    return arith::ShRSIOp::create(builder, loc, lhs,
                                  number(llvm::Log2_64(rhs)));
  Type element = getElementTypeOrSelf(lhs.getType());
  unsigned width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  Value sign = arith::ShRSIOp::create(builder, loc, lhs, number(width - 1));
  Value natural = arith::XOrIOp::create(builder, loc, lhs, sign);
  Value quotient = arith::DivUIOp::create(builder, loc, natural, number(rhs));
  return arith::XOrIOp::create(builder, loc, quotient, sign);
}

Value MaskPredicateBuilder::widen(Value position) {
  Type wide = builder.getI64Type();
  auto vector = dyn_cast<VectorType>(position.getType());
  if (!vector)
    return arith::IndexCastOp::create(builder, loc, wide, position);
  return arith::ExtUIOp::create(builder, loc, vector.clone(wide), position);
}

Value MaskPredicateBuilder::floorMod(Value lhs, int64_t rhs) {
  auto number = [&](int64_t value) {
    return buildNumber(builder, loc, lhs.getType(), value);
  };
  if (llvm::isPowerOf2_64(rhs))
    return arith::AndIOp::create(builder, loc, lhs, number(rhs - 1));
  return sub(lhs, mul(floorDiv(lhs, rhs), rhs));
}

Attribute attn::buildTablesInside(Attribute mask, MaskTableBuilder &builder) {
  SmallVector<Attribute> parts;
  mask.walkImmediateSubElements(
      [&](Attribute part) {
        auto inner = dyn_cast<MaskAttrInterface>(part);
        parts.push_back(inner ? inner.buildTables(builder) : part);
      },
      [](Type) {});
  return mask.replaceImmediateSubElements(parts, {});
}
