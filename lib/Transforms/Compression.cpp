//===- Compression.cpp - means of blocks of rows --------------------------===//
//
// Implements attn.compress: as a grid over rows of the result, whose elements
// are what runs along the lanes of a vector; and for the oracle, as a sum of
// strided slices.
//
//===----------------------------------------------------------------------===//

#include "Compression.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

/// `sum / length` of each element.
static SmallVector<Value> buildMean(OpBuilder &builder, Location loc, Value sum,
                                    int64_t length, FloatType element) {
  auto compute = cast<FloatType>(sum.getType());
  Value divisor = buildFloat(builder, loc, compute, length);
  Value mean = arith::DivFOp::create(builder, loc, sum, divisor);
  return {buildFloatCast(builder, loc, mean, element)};
}

/// The extents of the result of `op`.
static SmallVector<OpFoldResult> buildSizes(OpBuilder &builder, CompressOp op) {
  ReifiedRankedShapedTypeDims shapes;
  // Cannot fail: the shape is that of the operand, but for a quotient.
  (void)op.reifyResultShapes(builder, shapes);
  return shapes.front();
}

Value attn::buildCompression(OpBuilder &builder, CompressOp op) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(op.getInput());
  FloatType compute =
      element.isF64() ? element : FloatType(builder.getF32Type());
  SmallVector<OpFoldResult> sizes = buildSizes(builder, op);
  unsigned rank = sizes.size();
  OpFoldResult width = sizes.back();
  Value init = tensor::EmptyOp::create(builder, loc, sizes, element);
  auto grid = scf::ForallOp::create(builder, loc, ArrayRef(sizes).drop_back(),
                                    ValueRange(init),
                                    /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  TensorLoops loops(builder, loc);
  IndexMath math(builder, loc);
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  OpFoldResult length = math.constant(op.getLength());

  SmallVector<OpFoldResult> place = getAsOpFoldResult(grid.getInductionVars());
  SmallVector<OpFoldResult> from = place, counts(rank, one);
  SmallVector<OpFoldResult> steps(rank, one);
  from.back() = math.mul(from.back(), op.getStride());
  from.push_back(zero);
  counts[rank - 2] = length;
  counts[rank - 1] = width;
  int64_t staticWidth =
      cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  Value block = tensor::ExtractSliceOp::create(
      builder, loc,
      RankedTensorType::get({int64_t(op.getLength()), staticWidth}, element),
      op.getInput(), from, counts, steps);
  Value sum = loops.reduce(
      loops.fill(width, compute, 0), /*kept=*/{1}, /*numLoops=*/2,
      {{block, {0, 1}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value value = buildFloatCast(nested, nestedLoc, elements[0], compute);
        return {arith::AddFOp::create(nested, nestedLoc, elements[1], value)};
      });
  Value row = loops.map(
      width, element, {{sum, {0}}},
      [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
        return buildMean(nested, nestedLoc, elements[0], op.getLength(),
                         element);
      });
  place.push_back(zero);
  counts[rank - 2] = one;
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, row,
                                        grid.getRegionIterArgs().front(), place,
                                        counts, steps);
  return grid.getResult(0);
}

Value attn::buildNaiveCompression(OpBuilder &builder, CompressOp op,
                                  Value input) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(input);
  SmallVector<OpFoldResult> sizes = buildSizes(builder, op);
  unsigned rank = sizes.size();
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  IndexMath math(builder, loc);
  auto number = [&](int64_t value) {
    return math.materialize(math.constant(value));
  };
  Value init = TensorLoops(builder, loc).fill(sizes, element, 0);
  auto sum = scf::ForOp::create(
      builder, loc, number(0), number(op.getLength()), number(1), init,
      [&](OpBuilder &body, Location, Value offset, ValueRange carried) {
        TensorLoops loops(body, loc);
        TensorSlice slice = {SmallVector<OpFoldResult>(rank, math.constant(0)),
                             sizes,
                             SmallVector<OpFoldResult>(rank, math.constant(1))};
        slice.offsets[rank - 2] = offset;
        slice.strides[rank - 2] = math.constant(op.getStride());
        // Into what is carried, so that it stays one buffer.
        Value added = loops.reduce(
            carried[0], all, rank, {{loops.read(input, slice), all}},
            [&](OpBuilder &nested, Location nestedLoc,
                ValueRange elements) -> SmallVector<Value> {
              return {arith::AddFOp::create(nested, nestedLoc, elements[0],
                                            elements[1])};
            });
        scf::YieldOp::create(body, loc, added);
      });
  return TensorLoops(builder, loc)
      .map(sizes, element, {{sum.getResult(0), all}},
           [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
             return buildMean(nested, nestedLoc, elements[0], op.getLength(),
                              element);
           });
}
