//===- HeadProducts.cpp - products and copies head by head ----------------===//
//
// Implements what low-rank attention is built of beside softmax attention.
//
//===----------------------------------------------------------------------===//

#include "HeadProducts.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// Rows of a cell of a cast: some thousand elements, in a first cache. Where
/// the width is not known, a cell is a row: buffers of cells have a size that
/// tiles bound.
static constexpr int64_t kRows = 32;

RankedTensorType attn::getTypeOfSizes(ArrayRef<OpFoldResult> sizes,
                                      Type element) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, element);
}

Value attn::buildHeadProduct(OpBuilder &builder, Location loc, Value lhs,
                             Value rhs, ArrayRef<OpFoldResult> sizes,
                             double factor, double diagonal) {
  Value out =
      tensor::EmptyOp::create(builder, loc, sizes, getFloatElement(lhs));
  auto number = [&](double value, double absent) {
    return value == absent ? FloatAttr() : builder.getF64FloatAttr(value);
  };
  return HeadProductOp::create(builder, loc, TypeRange(out.getType()), lhs, rhs,
                               out, /*transposed=*/false, number(factor, 1),
                               number(diagonal, 0))
      .getResult(0);
}

Value attn::buildTransposedProduct(OpBuilder &builder, Location loc, Value lhs,
                                   Value rhs, ArrayRef<OpFoldResult> sizes) {
  Value out =
      tensor::EmptyOp::create(builder, loc, sizes, getFloatElement(lhs));
  return HeadProductOp::create(builder, loc, TypeRange(out.getType()), lhs, rhs,
                               out, /*transposed=*/true, FloatAttr(),
                               FloatAttr())
      .getResult(0);
}

Value attn::buildRowwiseCast(OpBuilder &builder, Location loc, Value tensor,
                             FloatType element) {
  if (getFloatElement(tensor) == element)
    return tensor;
  IndexMath math(builder, loc);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  unsigned rank = sizes.size();
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  int64_t rows = getConstantIntValue(sizes.back()) ? kRows : 1;
  SmallVector<OpFoldResult> bounds(sizes.begin(), sizes.end() - 1);
  bounds.back() = math.ceilDiv(bounds.back(), rows);
  Value init = tensor::EmptyOp::create(builder, loc, sizes, element);
  auto grid = scf::ForallOp::create(builder, loc, bounds, init,
                                    /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  SmallVector<OpFoldResult> offsets =
      getAsOpFoldResult(grid.getInductionVars());
  OpFoldResult row = math.mul(offsets.back(), rows);
  offsets.back() = row;
  offsets.push_back(zero);
  SmallVector<OpFoldResult> counts(rank, one), steps(rank, one);
  if (rows > 1)
    counts[rank - 2] =
        math.min(math.constant(rows), math.sub(sizes[rank - 2], row));
  counts[rank - 1] = sizes[rank - 1];
  ArrayRef<OpFoldResult> tile = ArrayRef(counts).take_back(2);
  Value block = tensor::ExtractSliceOp::create(
      builder, loc, getTypeOfSizes(tile, getFloatElement(tensor)), tensor,
      offsets, counts, steps);
  Value cast = TensorLoops(builder, loc).convert(block, element);
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, cast,
                                        grid.getRegionIterArgs().front(),
                                        offsets, counts, steps);
  return grid.getResult(0);
}

Value attn::buildRepeatedHeads(OpBuilder &builder, Location loc, Value tensor,
                               OpFoldResult heads) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  OpFoldResult &have = sizes[sizes.size() - 3];
  if (isEqualConstantIntOrValue(have, heads))
    return tensor;
  IndexMath math(builder, loc);
  Value group = arith::DivUIOp::create(builder, loc, math.materialize(heads),
                                       math.materialize(have));
  have = heads;
  return TensorLoops(builder, loc)
      .map(sizes, getFloatElement(tensor), {},
           [&](OpBuilder &nested, Location nestedLoc,
               ValueRange) -> SmallVector<Value> {
             SmallVector<Value> place;
             for (unsigned dim = 0; dim < sizes.size(); ++dim)
               place.push_back(linalg::IndexOp::create(nested, nestedLoc, dim));
             Value &head = place[sizes.size() - 3];
             head = arith::DivUIOp::create(nested, nestedLoc, head, group);
             return {
                 tensor::ExtractOp::create(nested, nestedLoc, tensor, place)};
           });
}
