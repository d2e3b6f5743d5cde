//===- NaiveMechanisms.cpp - Nyström and latent attention, naively --------===//
//
// Implements attn.nystrom and attn.latent for the oracle: whole tensors of
// weights, keys and values of every head.
//
//===----------------------------------------------------------------------===//

#include "HeadProducts.h"
#include "NaiveLowRank.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

/// Clauses for `query` and `key` of `op` and nothing else but a mask.
static ScoreClauses getClauses(Operation *op, Value query, Value key,
                               MaskAttrInterface mask, ValueRange operands,
                               AlignAttr align, FloatAttr scale, Region *none) {
  return {op,       query,   key,
          operands, Value(), Value(),
          Value(),  Value(), mask ? mask : FullMaskAttr::get(op->getContext()),
          align,    scale,   FloatAttr(),
          none};
}

/// The convolution of `value` (with the heads of the result) added to `out`: a
/// banded matrix of taps for each head, times value.
static Value buildNaiveSkip(OpBuilder &builder, NystromOp op, Value out,
                            Value value, Value skip) {
  Location loc = op.getLoc();
  TensorLoops loops(builder, loc);
  FloatType element = getFloatElement(out);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, out);
  unsigned rank = sizes.size();
  SmallVector<OpFoldResult> leading(sizes.begin(), sizes.end() - 2);
  SmallVector<OpFoldResult> square(leading);
  square.append(2, sizes[rank - 2]);
  IndexMath math(builder, loc);
  Value taps = math.materialize(tensor::getMixedSize(builder, loc, skip, 1));
  Value half = math.materialize(math.floorDiv(taps, 2));
  Value zero = math.materialize(math.constant(0));
  auto validRows = [&](OpBuilder &nested, Location nestedLoc) -> Value {
    IndexMath inner(nested, nestedLoc);
    if (!op.getLens())
      return inner.materialize(sizes[rank - 2]);
    Value batch =
        rank == 4 ? linalg::IndexOp::create(nested, nestedLoc, 0).getResult()
                  : inner.materialize(inner.constant(0));
    return buildLoadOfBatch(inner, op.getLens(), batch);
  };
  Value band = loops.map(
      square, element, {},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange) -> SmallVector<Value> {
        auto index = [&](unsigned dim) -> Value {
          return linalg::IndexOp::create(nested, nestedLoc, dim);
        };
        Value i = index(rank - 2), j = index(rank - 1), h = index(rank - 3);
        Value tap = arith::AddIOp::create(
            nested, nestedLoc, arith::SubIOp::create(nested, nestedLoc, j, i),
            half);
        auto compare = [&](arith::CmpIPredicate kind, Value lhs,
                           Value rhs) -> Value {
          return arith::CmpIOp::create(nested, nestedLoc, kind, lhs, rhs);
        };
        Value inside = arith::AndIOp::create(
            nested, nestedLoc, compare(arith::CmpIPredicate::sge, tap, zero),
            compare(arith::CmpIPredicate::slt, tap, taps));
        Value safe =
            arith::SelectOp::create(nested, nestedLoc, inside, tap, zero);
        Value weight = tensor::ExtractOp::create(nested, nestedLoc, skip,
                                                 ValueRange{h, safe});
        return {
            arith::SelectOp::create(nested, nestedLoc, inside, weight,
                                    buildFloat(nested, nestedLoc, element, 0))};
      });
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, value);
  Value valid = loops.map(
      have, element, {{value, all}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value row = linalg::IndexOp::create(nested, nestedLoc, rank - 2);
        Value inside =
            arith::CmpIOp::create(nested, nestedLoc, arith::CmpIPredicate::slt,
                                  row, validRows(nested, nestedLoc));
        return {
            arith::SelectOp::create(nested, nestedLoc, inside, elements[0],
                                    buildFloat(nested, nestedLoc, element, 0))};
      });
  Value convolved = buildNaiveProduct(builder, loc, band, valid, leading);
  return loops.map(sizes, element, {{out, all}, {convolved, all}},
                   [](OpBuilder &nested, Location nestedLoc,
                      ValueRange elements) -> SmallVector<Value> {
                     return {arith::AddFOp::create(nested, nestedLoc,
                                                   elements[0], elements[1])};
                   });
}

std::pair<Value, Value> attn::buildNaiveNystrom(OpBuilder &builder,
                                                NystromOp op, Value query,
                                                Value key, Value value,
                                                Value skip) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(query);
  int64_t count = op.getLandmarks();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, query);
  SmallVector<OpFoldResult> leading(sizes.begin(), sizes.end() - 2);
  Value queries = buildNaiveSegments(builder, loc, query, {}, count);
  Value keys = buildNaiveSegments(builder, loc, key, op.getLens(), count);
  Region none;
  auto weights = [&](Value rows, Value cols, MaskAttrInterface mask,
                     ValueRange operands) {
    return buildNaiveWeights(builder, loc,
                             getClauses(op, rows, cols, mask, operands, {},
                                        op.getScaleAttr(), &none),
                             element, element);
  };
  MaskAttrInterface mask;
  SmallVector<Value> operands;
  if (op.getLens()) {
    mask = LensMaskAttr::get(builder.getContext(), 0);
    operands.push_back(op.getLens());
  }
  std::optional<uint64_t> iters = op.getIters();
  if (!iters && !op.getSolverAttr())
    iters = 6;
  auto [inverse, residual] =
      buildNaivePinv(builder, loc, weights(queries, keys, {}, {}), iters);
  Value gathered =
      buildNaiveAttention(builder, loc,
                          getClauses(op, queries, key, mask, operands, {},
                                     op.getScaleAttr(), &none),
                          value, Value(), element)
          .out;
  Value out = buildNaiveProduct(
      builder, loc, weights(query, keys, {}, {}),
      buildNaiveProduct(builder, loc, inverse, gathered, leading), leading);
  if (skip)
    out = buildNaiveSkip(builder, op, out, value, skip);
  return {out, residual};
}

/// `left` and `right` side by side, both with the sizes of `left` but for the
/// last.
static Value buildJoin(OpBuilder &builder, Location loc, Value left,
                       Value right) {
  IndexMath math(builder, loc);
  TensorLoops loops(builder, loc);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, left);
  SmallVector<OpFoldResult> others = tensor::getMixedSizes(builder, loc, right);
  SmallVector<OpFoldResult> joined(sizes);
  joined.back() = math.add(sizes.back(), others.back());
  unsigned rank = sizes.size();
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  SmallVector<OpFoldResult> zeros(rank, math.constant(0));
  SmallVector<OpFoldResult> ones(rank, math.constant(1));
  Value result = loops.fill(joined, getFloatElement(left), 0);
  auto copy = [](OpBuilder &, Location,
                 ValueRange elements) -> SmallVector<Value> {
    return {elements[0]};
  };
  result = loops.mapInto(result, {zeros, sizes, ones}, {{left, all}}, copy);
  zeros.back() = sizes.back();
  return loops.mapInto(result, {zeros, others, ones}, {{right, all}}, copy);
}

Value attn::buildNaiveLatent(OpBuilder &builder, LatentOp op,
                             ArrayRef<Value> operands) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  TensorLoops loops(builder, loc);
  Value qNope = operands[0], qRope = operands[1], latent = operands[2];
  Value wUk = operands[3], wUv = operands[4], rope = operands[5];
  FloatType element = getFloatElement(qNope);
  SmallVector<OpFoldResult> rows = tensor::getMixedSizes(builder, loc, latent);
  OpFoldResult heads = tensor::getMixedSize(builder, loc, qNope, 1);
  OpFoldResult rotated = tensor::getMixedSize(builder, loc, qRope, 3);
  OpFoldResult width = tensor::getMixedSize(builder, loc, wUk, 1);
  // Rows of all tokens, once more for each head.
  auto spread = [&](Value from, OpFoldResult first, OpFoldResult count) {
    SmallVector<OpFoldResult> sizes = {rows[0], heads, rows[1], count};
    Value offset = math.materialize(first);
    return loops.map(
        sizes, element, {},
        [&](OpBuilder &nested, Location nestedLoc,
            ValueRange) -> SmallVector<Value> {
          auto index = [&](unsigned dim) -> Value {
            return linalg::IndexOp::create(nested, nestedLoc, dim);
          };
          Value column =
              arith::AddIOp::create(nested, nestedLoc, index(3), offset);
          return {tensor::ExtractOp::create(
              nested, nestedLoc, from, ValueRange{index(0), index(2), column})};
        });
  };
  OpFoldResult zero = math.constant(0);
  Value c = spread(latent, zero, width);
  Value k = rope ? spread(rope, zero, rotated) : spread(latent, width, rotated);
  SmallVector<OpFoldResult> leading = {rows[0], heads};
  Value key = buildJoin(builder, loc,
                        buildNaiveProduct(builder, loc, c, wUk, leading), k);
  Value value = buildNaiveProduct(builder, loc, c, wUv, leading);
  Value query = buildJoin(builder, loc, qNope, qRope);
  Region none;
  FloatAttr scale = builder.getF64FloatAttr(op.getScaleOrDefault());
  ScoreClauses clauses =
      getClauses(op, query, key, op.getMask(), op.getMaskOperands(),
                 op.getAlignAttr(), scale, &none);
  return buildNaiveAttention(builder, loc, clauses, value, Value(), element)
      .out;
}
