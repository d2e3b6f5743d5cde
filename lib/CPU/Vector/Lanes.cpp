//===- Lanes.cpp - where the lanes of a vector of scores stand ------------===//
//
// Builds the queries, heads and keys of lanes as vectors.
//
//===----------------------------------------------------------------------===//

#include "Vector/Lanes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

OpBuilder Lanes::getPrologue() const {
  OpBuilder builder(step.getContext());
  builder.restoreInsertionPoint(prologue);
  return builder;
}

Value Lanes::splat(OpBuilder &builder, Value index, Type element) const {
  Location loc = index.getLoc();
  if (!isa<IndexType>(element))
    index = arith::IndexCastOp::create(builder, loc, element, index);
  return vector::BroadcastOp::create(builder, loc,
                                     VectorType::get({count}, element), index);
}

Value Lanes::buildPattern(OpBuilder &builder, Type element,
                          bool quotient) const {
  SmallVector<Attribute> values;
  for (int64_t lane = 0; lane < count; ++lane)
    values.push_back(builder.getIntegerAttr(
        element, quotient ? lane / queries : lane % queries));
  auto type = VectorType::get({count}, element);
  return arith::ConstantOp::create(builder, step.getLoc(), type,
                                   DenseElementsAttr::get(type, values));
}

Value Lanes::buildQueries(OpBuilder &builder, Type element) const {
  return arith::AddIOp::create(
      builder, step.getLoc(), splat(builder, firstQuery, element),
      buildPattern(builder, element, /*quotient=*/false));
}

Value Lanes::getRows(Type element) {
  Value &result = rows[element];
  if (result)
    return result;
  OpBuilder builder = getPrologue();
  Location loc = step.getLoc();
  if (hasPlaces()) {
    auto type = VectorType::get({count}, builder.getI32Type());
    result = vector::LoadOp::create(builder, loc, type, step.getQueryPlaces(),
                                    firstQuery);
    if (element != builder.getI32Type())
      result =
          arith::IndexCastOp::create(builder, loc, type.clone(element), result);
    return result;
  }
  result = buildQueries(builder, element);
  if (hasFoldedHeads())
    result = arith::DivUIOp::create(builder, loc, result,
                                    splat(builder, step.getHeads(), element));
  result = arith::AddIOp::create(builder, loc, result,
                                 splat(builder, step.getRow(), element));
  return result;
}

Value Lanes::getPositions() {
  if (positions)
    return positions;
  Value raw = getRows(IndexType::get(step.getContext()));
  OpBuilder builder = getPrologue();
  Location loc = step.getLoc();
  Type index = builder.getIndexType();
  IndexMath math(builder, loc);
  Value last =
      math.materialize(math.add(getAsOpFoldResult(step.getNumRows()), -1));
  raw = arith::MinSIOp::create(builder, loc, raw, splat(builder, last, index));
  positions = arith::AddIOp::create(builder, loc, raw,
                                    splat(builder, step.getPosition(), index));
  return positions;
}

Value Lanes::getHeads() {
  if (!hasFoldedHeads())
    return step.getHead();
  if (heads)
    return heads;
  OpBuilder builder = getPrologue();
  Location loc = step.getLoc();
  Type index = builder.getIndexType();
  Value further =
      arith::RemUIOp::create(builder, loc, buildQueries(builder, index),
                             splat(builder, step.getHeads(), index));
  heads = arith::AddIOp::create(builder, loc, further,
                                splat(builder, step.getHead(), index));
  return heads;
}

Value Lanes::buildKeys(OpBuilder &builder, Value first, Value last,
                       Type element) const {
  if (queries == count)
    return isa<IndexType>(element) ? first : splat(builder, first, element);
  Location loc = step.getLoc();
  Value keys =
      arith::AddIOp::create(builder, loc, splat(builder, first, element),
                            buildPattern(builder, element, /*quotient=*/true));
  return arith::MinSIOp::create(builder, loc, keys,
                                splat(builder, last, element));
}

Value Lanes::buildRow(OpBuilder &builder, Value lane) const {
  IndexMath math(builder, step.getLoc());
  OpFoldResult query = lane;
  if (queries != count) {
    Value number = math.materialize(math.constant(queries));
    query = arith::RemUIOp::create(builder, step.getLoc(), lane, number)
                .getResult();
  }
  Value place =
      math.materialize(math.add(query, getAsOpFoldResult(firstQuery)));
  if (hasPlaces())
    return buildLoadIndex(math, step.getQueryPlaces(), place);
  if (hasFoldedHeads())
    place =
        arith::DivUIOp::create(builder, step.getLoc(), place, step.getHeads());
  return math.materialize(math.add(place, getAsOpFoldResult(step.getRow())));
}
