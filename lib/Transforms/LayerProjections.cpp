//===- LayerProjections.cpp - the matrix products of a layer --------------===//
//
// Implements the projections into heads and back: contractions that read rows
// and weights where they are and write heads where they belong, with no reshape
// or transpose of rows. The reduction is not the innermost loop: that one runs
// along the columns of the weights, which lie side by side. Sums are f32 (f64
// for f64).
//
//===----------------------------------------------------------------------===//

#include "LayerProjections.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// The sum of products of two tensors over the loops that `kept` lacks, of the
/// element type of `lhs`.
static Value buildContraction(OpBuilder &builder, Location loc,
                              const TensorRead &lhs, const TensorRead &rhs,
                              ArrayRef<OpFoldResult> sizes,
                              ArrayRef<unsigned> kept) {
  TensorLoops loops(builder, loc);
  FloatType element = getFloatElement(lhs.tensor);
  FloatType accumulator =
      element.getWidth() < 32 ? FloatType(builder.getF32Type()) : element;
  Value sum = loops.reduce(
      loops.fill(sizes, accumulator, 0), kept, 5, {lhs, rhs},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value x = buildFloatCast(nested, nestedLoc, elements[0], accumulator);
        Value w = buildFloatCast(nested, nestedLoc, elements[1], accumulator);
        Value product = arith::MulFOp::create(nested, nestedLoc, x, w);
        return {arith::AddFOp::create(nested, nestedLoc, elements[2], product)};
      });
  return loops.convert(sum, element);
}

/// `weight` with dimension `dim` taken apart into heads and their widths.
static Value buildSplit(OpBuilder &builder, Location loc, Value weight,
                        int64_t dim, int64_t heads) {
  IndexMath math(builder, loc);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, weight);
  sizes[dim] = math.floorDiv(sizes[dim], heads);
  sizes.insert(sizes.begin() + dim, math.constant(heads));
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  SmallVector<ReassociationIndices> groups = {{0}, {1, 2}};
  if (dim == 0)
    groups = {{0, 1}, {2}};
  auto type = RankedTensorType::get(shape, getFloatElement(weight));
  return tensor::ExpandShapeOp::create(builder, loc, type, weight, groups,
                                       sizes);
}

Value attn::buildHeads(OpBuilder &builder, Location loc, Value input,
                       Value weight, int64_t heads) {
  Value split = buildSplit(builder, loc, weight, 1, heads);
  auto size = [&](Value tensor, int64_t dim) {
    return tensor::getMixedSize(builder, loc, tensor, dim);
  };
  // Loops: b, h, m, c, d.
  return buildContraction(builder, loc, {input, {0, 2, 3}}, {split, {3, 1, 4}},
                          {size(input, 0), builder.getIndexAttr(heads),
                           size(input, 1), size(split, 2)},
                          {0, 1, 2, 4});
}

Value attn::buildMergedHeads(OpBuilder &builder, Location loc, Value heads,
                             Value weight) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, heads);
  if (!weight) {
    std::swap(sizes[1], sizes[2]);
    Value swapped =
        TensorLoops(builder, loc)
            .map(sizes, getFloatElement(heads), {{heads, {0, 2, 1, 3}}},
                 [](OpBuilder &, Location, ValueRange elements)
                     -> SmallVector<Value> { return {elements[0]}; });
    return tensor::CollapseShapeOp::create(
        builder, loc, swapped,
        ArrayRef<ReassociationIndices>{{0}, {1}, {2, 3}});
  }
  Value split =
      buildSplit(builder, loc, weight, 0,
                 cast<RankedTensorType>(heads.getType()).getDimSize(1));
  // Loops: b, m, h, e, c.
  return buildContraction(
      builder, loc, {heads, {0, 2, 1, 3}}, {split, {2, 3, 4}},
      {sizes[0], sizes[2], tensor::getMixedSize(builder, loc, split, 2)},
      {0, 1, 4});
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
