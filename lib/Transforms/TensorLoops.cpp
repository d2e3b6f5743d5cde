//===- TensorLoops.cpp - linalg ops on whole tensors ----------------------===//
//
// Implements the builder of `linalg.generic` ops.
//
//===----------------------------------------------------------------------===//

#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

SmallVector<Value> TensorLoops::build(ArrayRef<TensorRead> reads,
                                      ValueRange inits, ArrayRef<unsigned> kept,
                                      unsigned numLoops, Body body) {
  auto mapOf = [&](ArrayRef<unsigned> loops) {
    SmallVector<AffineExpr> exprs;
    for (unsigned index : loops)
      exprs.push_back(builder.getAffineDimExpr(index));
    return AffineMap::get(numLoops, 0, exprs, builder.getContext());
  };
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const TensorRead &read : reads) {
    inputs.push_back(read.tensor);
    maps.push_back(mapOf(read.loops));
  }
  maps.append(inits.size(), mapOf(kept));
  SmallVector<utils::IteratorType> iterators(numLoops,
                                             utils::IteratorType::reduction);
  for (unsigned index : kept)
    iterators[index] = utils::IteratorType::parallel;
  auto nest = linalg::GenericOp::create(
      builder, loc, inits.getTypes(), inputs, inits, maps, iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
        linalg::YieldOp::create(nested, nestedLoc,
                                body(nested, nestedLoc, elements));
      });
  return SmallVector<Value>(nest.getResults());
}

SmallVector<Value> TensorLoops::mapMany(ArrayRef<OpFoldResult> sizes,
                                        ArrayRef<Type> elements,
                                        ArrayRef<TensorRead> reads, Body body) {
  SmallVector<Value> inits;
  for (Type element : elements)
    inits.push_back(tensor::EmptyOp::create(builder, loc, sizes, element));
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, sizes.size()));
  return build(reads, inits, all, sizes.size(), body);
}

Value TensorLoops::map(ArrayRef<OpFoldResult> sizes, Type element,
                       ArrayRef<TensorRead> reads, Body body) {
  return mapMany(sizes, element, reads, body).front();
}

Value TensorLoops::mapInto(Value tensor, const TensorSlice &slice,
                           ArrayRef<TensorRead> reads, Body body) {
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, slice.sizes.size()));
  Value mapped =
      build(reads, read(tensor, slice), all, all.size(), body).front();
  return tensor::InsertSliceOp::create(
      builder, loc, mapped, tensor, slice.offsets, slice.sizes, slice.strides);
}

Value TensorLoops::read(Value tensor, const TensorSlice &slice) {
  return tensor::ExtractSliceOp::create(builder, loc, tensor, slice.offsets,
                                        slice.sizes, slice.strides);
}

Value TensorLoops::reduce(Value init, ArrayRef<unsigned> kept,
                          unsigned numLoops, ArrayRef<TensorRead> reads,
                          Body body) {
  return build(reads, init, kept, numLoops, body).front();
}

Value TensorLoops::fill(ArrayRef<OpFoldResult> sizes, FloatType element,
                        double value) {
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, element);
  Value constant = buildFloat(builder, loc, element, value);
  return linalg::FillOp::create(builder, loc, constant, empty).getResult(0);
}

Value TensorLoops::convert(Value tensor, FloatType element) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getElementType() == element)
    return tensor;
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, type.getRank()));
  return map(tensor::getMixedSizes(builder, loc, tensor), element,
             {{tensor, all}},
             [&](OpBuilder &nested, Location nestedLoc,
                 ValueRange elements) -> SmallVector<Value> {
               return {buildFloatCast(nested, nestedLoc, elements[0], element)};
             });
}

Value attn::buildFloatCast(OpBuilder &builder, Location loc, Value value,
                           FloatType type) {
  if (isa<IntegerType>(value.getType()))
    return arith::SIToFPOp::create(builder, loc, type, value);
  auto from = cast<FloatType>(value.getType());
  if (from == type)
    return value;
  auto single = builder.getF32Type();
  if (from.getWidth() < 32 && type.getWidth() > 32)
    value = arith::ExtFOp::create(builder, loc, single, value);
  if (from.getWidth() > 32 && type.getWidth() < 32)
    value = arith::TruncFOp::create(builder, loc, single, value);
  if (from.getWidth() < type.getWidth())
    return arith::ExtFOp::create(builder, loc, type, value);
  return arith::TruncFOp::create(builder, loc, type, value);
}

Value attn::buildFloat(OpBuilder &builder, Location loc, FloatType type,
                       double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

FloatType attn::getFloatElement(Value tensor) {
  return cast<FloatType>(
      cast<RankedTensorType>(tensor.getType()).getElementType());
}
