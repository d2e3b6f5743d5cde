//===- LayerProjections.cpp - the matrix products of a layer --------------===//
//
// Implements the projections into heads and back. Products are on rows of all
// batches at once, which makes them as tall as they can be, and accumulate in
// f32 (f64 for f64).
//
//===----------------------------------------------------------------------===//

#include "LayerProjections.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// `lhs` `[R, K]` times `rhs` `[K, C]`, of the element type of `lhs`.
static Value buildProduct(OpBuilder &builder, Location loc, Value lhs,
                          Value rhs) {
  TensorLoops loops(builder, loc);
  FloatType element = getFloatElement(lhs);
  FloatType accumulator =
      element.getWidth() < 32 ? FloatType(builder.getF32Type()) : element;
  Value zeros = loops.fill({tensor::getMixedSize(builder, loc, lhs, 0),
                            tensor::getMixedSize(builder, loc, rhs, 1)},
                           accumulator, 0);
  Value product =
      linalg::MatmulOp::create(builder, loc, zeros.getType(),
                               ValueRange{lhs, rhs}, ValueRange{zeros})
          .getResult(0);
  return loops.convert(product, element);
}

/// `[B, X, Y, D]` as `[B, Y, X, D]`.
static Value buildSwap(OpBuilder &builder, Location loc, Value tensor) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, tensor);
  std::swap(sizes[1], sizes[2]);
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, getFloatElement(tensor));
  SmallVector<int64_t> order = {0, 2, 1, 3};
  return linalg::TransposeOp::create(builder, loc, tensor, empty, order)
      ->getResult(0);
}

/// `tensor` with its dimensions taken apart into `sizes`.
static Value buildExpansion(OpBuilder &builder, Location loc, Value tensor,
                            ArrayRef<ReassociationIndices> dims,
                            ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  auto type = RankedTensorType::get(shape, getFloatElement(tensor));
  return tensor::ExpandShapeOp::create(builder, loc, type, tensor, dims, sizes);
}

Value attn::buildHeads(OpBuilder &builder, Location loc, Value input,
                       Value weight, int64_t heads) {
  IndexMath math(builder, loc);
  OpFoldResult batches = tensor::getMixedSize(builder, loc, input, 0);
  OpFoldResult rows = tensor::getMixedSize(builder, loc, input, 1);
  OpFoldResult width =
      math.floorDiv(tensor::getMixedSize(builder, loc, weight, 1), heads);
  Value flat = tensor::CollapseShapeOp::create(
      builder, loc, input, ArrayRef<ReassociationIndices>{{0, 1}, {2}});
  Value product = buildProduct(builder, loc, flat, weight);
  Value split = buildExpansion(builder, loc, product, {{0, 1}, {2, 3}},
                               {batches, rows, math.constant(heads), width});
  return buildSwap(builder, loc, split);
}

Value attn::buildMergedHeads(OpBuilder &builder, Location loc, Value heads,
                             Value weight) {
  Value swapped = buildSwap(builder, loc, heads);
  if (!weight)
    return tensor::CollapseShapeOp::create(
        builder, loc, swapped,
        ArrayRef<ReassociationIndices>{{0}, {1}, {2, 3}});
  Value flat = tensor::CollapseShapeOp::create(
      builder, loc, swapped, ArrayRef<ReassociationIndices>{{0, 1}, {2, 3}});
  Value product = buildProduct(builder, loc, flat, weight);
  return buildExpansion(builder, loc, product, {{0, 1}, {2}},
                        {tensor::getMixedSize(builder, loc, swapped, 0),
                         tensor::getMixedSize(builder, loc, swapped, 1),
                         tensor::getMixedSize(builder, loc, weight, 1)});
}

Value attn::inlineCore(LayerOp layer, ValueRange heads) {
  Block &core = layer.getCore().front();
  for (auto [argument, value] : llvm::zip_equal(core.getArguments(), heads))
    argument.replaceAllUsesWith(value);
  Value result = core.getTerminator()->getOperand(0);
  core.getTerminator()->erase();
  Block *block = layer->getBlock();
  block->getOperations().splice(layer->getIterator(), core.getOperations());
  return result;
}
