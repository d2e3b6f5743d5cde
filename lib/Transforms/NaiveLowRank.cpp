//===- NaiveLowRank.cpp - low-rank attention on whole tensors -------------===//
//
// Implements low-rank attention as its formulas say it: every factor is a whole
// tensor. Shares no code with what kernels are made of but the builder of
// loops.
//
//===----------------------------------------------------------------------===//

#include "NaiveLowRank.h"
#include "HeadProducts.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

/// `tensor`, a matrix for each of some of `leading` (or none), with one for
/// each of all of them.
static Value buildSpread(OpBuilder &builder, Location loc, Value tensor,
                         ArrayRef<OpFoldResult> leading) {
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, tensor);
  SmallVector<OpFoldResult> sizes(leading);
  sizes.append(have.end() - 2, have.end());
  IndexMath math(builder, loc);
  unsigned missing = sizes.size() - have.size();
  Value group;
  if (have.size() > 2)
    group =
        arith::DivUIOp::create(builder, loc, math.materialize(leading.back()),
                               math.materialize(have[have.size() - 3]));
  return TensorLoops(builder, loc)
      .map(sizes, getFloatElement(tensor), {},
           [&](OpBuilder &nested, Location nestedLoc,
               ValueRange) -> SmallVector<Value> {
             SmallVector<Value> place;
             for (unsigned dim = missing; dim < sizes.size(); ++dim)
               place.push_back(linalg::IndexOp::create(nested, nestedLoc, dim));
             if (group) {
               Value &head = place[place.size() - 3];
               head = arith::DivUIOp::create(nested, nestedLoc, head, group);
             }
             return {
                 tensor::ExtractOp::create(nested, nestedLoc, tensor, place)};
           });
}

Value attn::buildNaiveProduct(OpBuilder &builder, Location loc, Value lhs,
                              Value rhs, ArrayRef<OpFoldResult> leading) {
  lhs = buildSpread(builder, loc, lhs, leading);
  rhs = buildSpread(builder, loc, rhs, leading);
  TensorLoops loops(builder, loc);
  unsigned base = leading.size();
  SmallVector<OpFoldResult> sizes(leading);
  sizes.push_back(tensor::getMixedSize(builder, loc, lhs, base));
  sizes.push_back(tensor::getMixedSize(builder, loc, rhs, base + 1));
  // Loops: the leading ones, m, n, c.
  auto over = [&](std::initializer_list<unsigned> last) {
    auto all = llvm::to_vector(llvm::seq<unsigned>(0, base));
    for (unsigned index : last)
      all.push_back(base + index);
    return all;
  };
  return loops.reduce(
      loops.fill(sizes, getFloatElement(lhs), 0), over({0, 1}), base + 3,
      {{lhs, over({0, 2})}, {rhs, over({2, 1})}},
      [](OpBuilder &nested, Location nestedLoc,
         ValueRange elements) -> SmallVector<Value> {
        Value product =
            arith::MulFOp::create(nested, nestedLoc, elements[0], elements[1]);
        return {arith::AddFOp::create(nested, nestedLoc, elements[2], product)};
      });
}

Value attn::buildNaiveHeadProduct(OpBuilder &builder, HeadProductOp op,
                                  Value lhs, Value rhs) {
  Location loc = op.getLoc();
  FloatType element = getFloatElement(lhs);
  TensorLoops loops(builder, loc);
  if (op.getTransposed()) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rhs);
    unsigned rank = sizes.size();
    std::swap(sizes[rank - 2], sizes[rank - 1]);
    auto order = llvm::to_vector(llvm::seq<unsigned>(0, rank));
    std::swap(order[rank - 2], order[rank - 1]);
    rhs = loops.map(
        sizes, element, {{rhs, order}},
        [](OpBuilder &, Location, ValueRange elements) -> SmallVector<Value> {
          return {elements[0]};
        });
  }
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getOut());
  unsigned rank = sizes.size();
  Value product =
      buildNaiveProduct(builder, loc, lhs, rhs, ArrayRef(sizes).drop_back(2));
  return loops.map(
      sizes, element,
      {{product, llvm::to_vector(llvm::seq<unsigned>(0, rank))}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        auto number = [&](std::optional<APFloat> value, double absent) {
          return buildFloat(nested, nestedLoc, element,
                            value ? value->convertToDouble() : absent);
        };
        Value row = linalg::IndexOp::create(nested, nestedLoc, rank - 2),
              column = linalg::IndexOp::create(nested, nestedLoc, rank - 1);
        Value isDiagonal = arith::CmpIOp::create(
            nested, nestedLoc, arith::CmpIPredicate::eq, row, column);
        Value added = arith::SelectOp::create(
            nested, nestedLoc, isDiagonal, number(op.getDiagonal(), 0),
            buildFloat(nested, nestedLoc, element, 0));
        Value scaled = arith::MulFOp::create(nested, nestedLoc, elements[0],
                                             number(op.getFactor(), 1));
        return {arith::AddFOp::create(nested, nestedLoc, scaled, added)};
      });
}

/// The share of row j in segment t, 1 / count or 0.
static SmallVector<Value> buildShare(OpBuilder &builder, Location loc,
                                     Value segment, Value row, Value rows,
                                     int64_t count, FloatType element) {
  auto binary = [&](auto op, Value lhs, Value rhs) -> Value {
    return decltype(op)::create(builder, loc, lhs, rhs);
  };
  Value number = arith::ConstantIndexOp::create(builder, loc, count);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value next = binary(arith::AddIOp(), segment, one);
  Value lo =
      binary(arith::DivUIOp(), binary(arith::MulIOp(), segment, rows), number);
  Value hi =
      binary(arith::DivUIOp(), binary(arith::MulIOp(), next, rows), number);
  // A segment that would be empty has the row that it would begin with.
  hi = binary(arith::MaxSIOp(), hi, binary(arith::AddIOp(), lo, one));
  hi = binary(arith::MinSIOp(), hi, rows);
  auto compare = [&](arith::CmpIPredicate kind, Value lhs, Value rhs) -> Value {
    return arith::CmpIOp::create(builder, loc, kind, lhs, rhs);
  };
  Value inside =
      binary(arith::AndIOp(), compare(arith::CmpIPredicate::sge, row, lo),
             compare(arith::CmpIPredicate::slt, row, hi));
  Value size = arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                          binary(arith::SubIOp(), hi, lo));
  Value share = arith::DivFOp::create(
      builder, loc, buildFloat(builder, loc, element, 1),
      arith::SIToFPOp::create(builder, loc, element, size));
  return {arith::SelectOp::create(builder, loc, inside, share,
                                  buildFloat(builder, loc, element, 0))};
}

Value attn::buildNaiveSegments(OpBuilder &builder, Location loc, Value input,
                               Value lens, int64_t count) {
  IndexMath math(builder, loc);
  FloatType element = getFloatElement(input);
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, input);
  unsigned base = have.size() - 2;
  SmallVector<OpFoldResult> leading(have.begin(), have.begin() + base);
  SmallVector<OpFoldResult> sizes(leading);
  sizes.append({math.constant(count), have[base]});
  TensorLoops loops(builder, loc);
  auto rowsOf = [&](OpBuilder &nested, Location nestedLoc) -> Value {
    IndexMath inner(nested, nestedLoc);
    if (!lens)
      return inner.materialize(have[base]);
    Value batch =
        base == 2 ? linalg::IndexOp::create(nested, nestedLoc, 0).getResult()
                  : inner.materialize(inner.constant(0));
    return buildLoadOfBatch(inner, lens, batch);
  };
  Value shares = loops.map(
      sizes, element, {},
      [&](OpBuilder &nested, Location nestedLoc, ValueRange) {
        Value segment = linalg::IndexOp::create(nested, nestedLoc, base);
        Value row = linalg::IndexOp::create(nested, nestedLoc, base + 1);
        return buildShare(nested, nestedLoc, segment, row,
                          rowsOf(nested, nestedLoc), count, element);
      });
  if (!lens)
    return buildNaiveProduct(builder, loc, shares, input, leading);
  // Rows behind the last one may be NaN, which 0 times is NaN.
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, have.size()));
  Value valid = loops.map(
      have, element, {{input, all}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value row = linalg::IndexOp::create(nested, nestedLoc, base);
        Value inside =
            arith::CmpIOp::create(nested, nestedLoc, arith::CmpIPredicate::slt,
                                  row, rowsOf(nested, nestedLoc));
        return {
            arith::SelectOp::create(nested, nestedLoc, inside, elements[0],
                                    buildFloat(nested, nestedLoc, element, 0))};
      });
  return buildNaiveProduct(builder, loc, shares, valid, leading);
}

Value attn::buildNaiveMixture(OpBuilder &builder, Location loc, Value matrix,
                              Value input) {
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, input);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, matrix);
  unsigned base = have.size() - 2;
  SmallVector<OpFoldResult> leading(have.begin(), have.begin() + base);
  if (sizes.size() == 3)
    leading.back() = sizes.front();
  sizes.back() = have[base];
  TensorSlice columns = {
      SmallVector<OpFoldResult>(sizes.size(), builder.getIndexAttr(0)), sizes,
      SmallVector<OpFoldResult>(sizes.size(), builder.getIndexAttr(1))};
  Value used = TensorLoops(builder, loc).read(matrix, columns);
  return buildNaiveProduct(builder, loc, used, input, leading);
}

Value attn::buildPlainAttention(OpBuilder &builder, Operation *op, Value query,
                                Value key, Value value, FloatAttr scale) {
  Region none;
  ScoreClauses clauses = {
      op,           query,   key,
      ValueRange(), Value(), Value(),
      Value(),      Value(), FullMaskAttr::get(builder.getContext()),
      AlignAttr(),  scale,   FloatAttr(),
      &none};
  return buildNaiveAttention(builder, op->getLoc(), clauses, value, Value(),
                             getFloatElement(query))
      .out;
}

Value attn::buildNaiveLinformer(OpBuilder &builder, LinformerOp op,
                                ValueRange operands) {
  Location loc = op.getLoc();
  Value key = buildNaiveMixture(builder, loc, operands[3], operands[1]);
  Value value = buildNaiveMixture(builder, loc, operands[4], operands[2]);
  return buildPlainAttention(builder, op, operands[0], key, value,
                             op.getScaleAttr());
}
