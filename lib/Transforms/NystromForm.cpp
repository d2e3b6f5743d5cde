//===- NystromForm.cpp - landmarks as two attentions ----------------------===//
//
// Decomposes attn.nystrom: the landmarks attend to all keys, all queries to the
// landmarks, and a pseudo-inverse stands between.
//
//===----------------------------------------------------------------------===//

#include "HeadProducts.h"
#include "LowRankForms.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// The means of `count` segments of rows, the first `lens` of them if given.
static Value buildLandmarks(OpBuilder &builder, Location loc, Value rows,
                            Value lens, int64_t count) {
  auto type = cast<RankedTensorType>(rows.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[shape.size() - 2] = count;
  return CompressOp::create(builder, loc,
                            RankedTensorType::get(shape, type.getElementType()),
                            rows, lens, /*matrix=*/Value(), IntegerAttr(),
                            IntegerAttr(), builder.getI64IntegerAttr(count));
}

/// An identity of `count` rows for each head of `rows`.
static Value buildIdentity(OpBuilder &builder, Location loc, Value rows,
                           int64_t count) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  unsigned rank = sizes.size();
  sizes[rank - 2] = sizes[rank - 1] = builder.getIndexAttr(count);
  FloatType element = getFloatElement(rows);
  return TensorLoops(builder, loc)
      .map(sizes, element, {},
           [&](OpBuilder &nested, Location nestedLoc,
               ValueRange) -> SmallVector<Value> {
             Value row = linalg::IndexOp::create(nested, nestedLoc, rank - 2);
             Value col = linalg::IndexOp::create(nested, nestedLoc, rank - 1);
             Value same = arith::CmpIOp::create(
                 nested, nestedLoc, arith::CmpIPredicate::eq, row, col);
             return {arith::SelectOp::create(
                 nested, nestedLoc, same,
                 buildFloat(nested, nestedLoc, element, 1),
                 buildFloat(nested, nestedLoc, element, 0))};
           });
}

/// `out` plus the convolution of `value` along its length with a kernel a head,
/// in a grid over rows.
static Value buildSkip(OpBuilder &builder, NystromOp op, Value out,
                       Value value) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  FloatType element = getFloatElement(out);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, out);
  unsigned rank = sizes.size();
  Value group = arith::DivUIOp::create(
      builder, loc, math.materialize(sizes[rank - 3]),
      math.materialize(tensor::getMixedSize(builder, loc, value, rank - 3)));
  OpFoldResult taps = tensor::getMixedSize(builder, loc, op.getSkip(), 1);
  OpFoldResult half = math.floorDiv(taps, 2);
  Value init = tensor::EmptyOp::create(builder, loc, sizes, element);
  auto grid = scf::ForallOp::create(builder, loc, ArrayRef(sizes).drop_back(),
                                    init, /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  SmallVector<OpFoldResult> place = getAsOpFoldResult(grid.getInductionVars());
  Value head = grid.getInductionVars()[rank - 3];
  OpFoldResult row = place[rank - 2];
  OpFoldResult length = sizes[rank - 2];
  if (op.getLens()) {
    Value batch = rank == 4 ? grid.getInductionVar(0) : math.materialize(zero);
    length = buildLoadOfBatch(math, op.getLens(), batch);
  }
  // Taps [first, last) meet rows of value.
  OpFoldResult first = math.min(taps, math.max(zero, math.sub(half, row)));
  OpFoldResult last =
      math.max(first, math.min(taps, math.sub(math.add(length, half), row)));
  OpFoldResult count = math.sub(last, first);
  SmallVector<OpFoldResult> ones(rank, one), rowSizes(rank, one);
  rowSizes.back() = sizes.back();
  place.push_back(zero);
  auto rowType = getTypeOfSizes(sizes.back(), element);
  Value sum = tensor::ExtractSliceOp::create(builder, loc, rowType, out, place,
                                             rowSizes, ones);
  SmallVector<OpFoldResult> from = place, blockSizes = rowSizes;
  from[rank - 3] =
      arith::DivUIOp::create(builder, loc, head, group).getResult();
  // No row is read where there is none.
  from[rank - 2] =
      math.max(zero, math.min(math.sub(length, count),
                              math.sub(math.add(row, first), half)));
  blockSizes[rank - 2] = count;
  Value block = tensor::ExtractSliceOp::create(
      builder, loc, getTypeOfSizes({count, sizes.back()}, element), value, from,
      blockSizes, ones);
  Value kernel = tensor::ExtractSliceOp::create(
      builder, loc, getTypeOfSizes(count, getFloatElement(op.getSkip())),
      op.getSkip(), ArrayRef<OpFoldResult>{head, first},
      ArrayRef<OpFoldResult>{one, count}, ArrayRef<OpFoldResult>{one, one});
  TensorLoops loops(builder, loc);
  Value copy = loops.map(
      sizes.back(), element, {{sum, {0}}},
      [](OpBuilder &, Location, ValueRange elements) -> SmallVector<Value> {
        return {elements[0]};
      });
  Value result = loops.reduce(
      copy, /*kept=*/{1}, /*numLoops=*/2, {{kernel, {0}}, {block, {0, 1}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value weight = buildFloatCast(nested, nestedLoc, elements[0], element);
        Value product =
            arith::MulFOp::create(nested, nestedLoc, weight, elements[1]);
        return {arith::AddFOp::create(nested, nestedLoc, elements[2], product)};
      });
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, result,
                                        grid.getRegionIterArgs().front(), place,
                                        rowSizes, ones);
  return grid.getResult(0);
}

SmallVector<Value> attn::decomposeNystrom(OpBuilder &builder, NystromOp op) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(op.getQuery());
  // A pseudo-inverse magnifies what rounding in between would cost.
  FloatType compute =
      element.isF64() ? element : FloatType(builder.getF32Type());
  auto widen = [&](Value tensor) {
    return buildRowwiseCast(builder, loc, tensor, compute);
  };
  Value query = widen(op.getQuery()), key = widen(op.getKey());
  Value value = widen(op.getValue()), lens = op.getLens();
  int64_t count = op.getLandmarks();
  unsigned rank = cast<RankedTensorType>(query.getType()).getRank();
  FloatAttr scale = op.getScaleAttr();

  Value queries = buildLandmarks(builder, loc, query, /*lens=*/{}, count);
  // Each head has an inverse of its own, and so values of its own behind it.
  Value keys = buildRepeatedHeads(
      builder, loc, buildLandmarks(builder, loc, key, lens, count),
      tensor::getMixedSize(builder, loc, query, rank - 3));
  // The probabilities themselves, by the kernel: attention to unit vectors.
  Value between =
      buildAttention(builder, loc, queries, keys,
                     buildIdentity(builder, loc, keys, count), scale);
  auto square = cast<RankedTensorType>(between.getType());
  Type residualType;
  if (op.getResidual())
    residualType = op.getResidual().getType();
  IntegerAttr iters = op.getItersAttr();
  if (!iters && !op.getSolverAttr())
    iters = builder.getI64IntegerAttr(6);
  auto pinv = PinvOp::create(builder, loc, square, residualType, between, iters,
                             op.getSolverAttr());

  MaskAttrInterface mask;
  SmallVector<Value> maskOperands;
  if (lens) {
    mask = LensMaskAttr::get(builder.getContext(), 0);
    maskOperands.push_back(lens);
  }
  Value gathered = buildAttention(builder, loc, queries, key, value, scale,
                                  mask, maskOperands);
  Value solved =
      buildHeadProduct(builder, loc, pinv.getResult(), gathered,
                       tensor::getMixedSizes(builder, loc, gathered));
  Value out = buildAttention(builder, loc, query, keys, solved, scale);
  if (op.getSkip())
    out = buildSkip(builder, op, out, value);
  SmallVector<Value> results = {buildRowwiseCast(builder, loc, out, element)};
  if (op.getResidual())
    results.push_back(pinv.getResidual());
  return results;
}
