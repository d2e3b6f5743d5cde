//===- Compression.cpp - fewer rows ---------------------------------------===//
//
// Implements attn.compress: means as a grid over rows of the result, whose
// elements are what runs along the lanes of a vector, mixtures as products;
// and for the oracle, means of blocks as a sum of strided slices.
//
//===----------------------------------------------------------------------===//

#include "Compression.h"
#include "HeadProducts.h"
#include "NaiveLowRank.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

/// `sum / divisor` of each element.
static SmallVector<Value> buildMean(OpBuilder &builder, Location loc, Value sum,
                                    Value divisor, FloatType element) {
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

namespace {

/// The rows that a row of the result is the mean of.
struct RowRange {
  OpFoldResult begin, count;
};

} // namespace

/// Segment `index` of the rows of `batch`: from floor(t n / m) on, and never
/// empty while there is a row.
static RowRange buildSegment(IndexMath &math, CompressOp op, Value batch,
                             Value index) {
  OpBuilder &builder = math.getBuilder();
  Location loc = op.getLoc();
  unsigned rank = cast<RankedTensorType>(op.getInput().getType()).getRank();
  int64_t segments = *op.getSegments();
  OpFoldResult length =
      op.getLens()
          ? OpFoldResult(buildLoadOfBatch(math, op.getLens(), batch))
          : tensor::getMixedSize(builder, loc, op.getInput(), rank - 2);
  Value rows = math.materialize(length);
  auto border = [&](Value place) {
    Value product = arith::MulIOp::create(builder, loc, place, rows);
    return math.materialize(math.floorDiv(product, segments));
  };
  Value begin = border(index);
  Value next = border(math.materialize(math.add(index, 1)));
  OpFoldResult least = math.min(math.add(begin, 1), rows);
  return {begin, math.sub(math.max(next, least), begin)};
}

/// A mixture of all rows is a product.
static Value buildMixture(OpBuilder &builder, CompressOp op,
                          ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  Value rows = op.getInput();
  unsigned rank = sizes.size();
  TensorLoops loops(builder, loc);
  SmallVector<OpFoldResult> shape =
      tensor::getMixedSizes(builder, loc, op.getMatrix());
  TensorSlice columns = {
      SmallVector<OpFoldResult>(shape.size(), builder.getIndexAttr(0)), shape,
      SmallVector<OpFoldResult>(shape.size(), builder.getIndexAttr(1))};
  columns.sizes.back() = tensor::getMixedSize(builder, loc, rows, rank - 2);
  return buildHeadProduct(builder, loc, loops.read(op.getMatrix(), columns),
                          rows, sizes);
}

Value attn::buildCompression(OpBuilder &builder, CompressOp op) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(op.getInput());
  FloatType compute =
      element.isF64() ? element : FloatType(builder.getF32Type());
  SmallVector<OpFoldResult> sizes = buildSizes(builder, op);
  if (op.getMatrix())
    return buildMixture(builder, op, sizes);
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

  SmallVector<Value> indices = grid.getInductionVars();
  RowRange range;
  if (op.getSegments()) {
    Value first = rank == 4 ? indices[0] : math.materialize(zero);
    range = buildSegment(math, op, first, indices.back());
  } else {
    range = {math.mul(indices.back(), *op.getStride()),
             math.constant(*op.getLength())};
  }
  SmallVector<OpFoldResult> place = getAsOpFoldResult(indices);
  SmallVector<OpFoldResult> from = place, counts(rank, one);
  SmallVector<OpFoldResult> steps(rank, one);
  from.back() = range.begin;
  from.push_back(zero);
  counts[rank - 2] = range.count;
  counts[rank - 1] = width;
  int64_t staticWidth =
      cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  int64_t staticCount =
      getConstantIntValue(range.count).value_or(ShapedType::kDynamic);
  Value block = tensor::ExtractSliceOp::create(
      builder, loc, RankedTensorType::get({staticCount, staticWidth}, element),
      op.getInput(), from, counts, steps);
  Value sum = loops.reduce(
      loops.fill(width, compute, 0), /*kept=*/{1}, /*numLoops=*/2,
      {{block, {0, 1}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value value = buildFloatCast(nested, nestedLoc, elements[0], compute);
        return {arith::AddFOp::create(nested, nestedLoc, elements[1], value)};
      });
  // The sum of no rows is 0, and so is their mean.
  Value divisor;
  if (staticCount == ShapedType::kDynamic) {
    Value number = arith::IndexCastOp::create(
        builder, loc, builder.getI64Type(),
        math.materialize(math.max(range.count, one)));
    divisor = arith::SIToFPOp::create(builder, loc, compute, number);
  } else {
    divisor = buildFloat(builder, loc, compute, staticCount);
  }
  Value row = loops.map(
      width, element, {{sum, {0}}},
      [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
        return buildMean(nested, nestedLoc, elements[0], divisor, element);
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
                                  Value input, Value matrix) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(input);
  if (op.getSegments())
    return buildNaiveSegments(builder, loc, input, op.getLens(),
                              *op.getSegments());
  if (op.getMatrix())
    return buildNaiveMixture(builder, loc, matrix, input);
  SmallVector<OpFoldResult> sizes = buildSizes(builder, op);
  unsigned rank = sizes.size();
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  IndexMath math(builder, loc);
  auto number = [&](int64_t value) {
    return math.materialize(math.constant(value));
  };
  Value init = TensorLoops(builder, loc).fill(sizes, element, 0);
  auto sum = scf::ForOp::create(
      builder, loc, number(0), number(*op.getLength()), number(1), init,
      [&](OpBuilder &body, Location, Value offset, ValueRange carried) {
        TensorLoops loops(body, loc);
        TensorSlice slice = {SmallVector<OpFoldResult>(rank, math.constant(0)),
                             sizes,
                             SmallVector<OpFoldResult>(rank, math.constant(1))};
        slice.offsets[rank - 2] = offset;
        slice.strides[rank - 2] = math.constant(*op.getStride());
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
             Value divisor =
                 buildFloat(nested, nestedLoc, element, *op.getLength());
             return buildMean(nested, nestedLoc, elements[0], divisor, element);
           });
}
