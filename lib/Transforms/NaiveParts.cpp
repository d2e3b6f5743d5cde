//===- NaiveParts.cpp - merge and rope on whole tensors -------------------===//
//
// Implements attn.merge and attn.rope as loops over tensors: O(elements) time,
// one tensor of weights beside the results of a merge.
//
//===----------------------------------------------------------------------===//

#include "NaiveParts.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/Sequence.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

NaiveResults attn::buildNaiveMerge(OpBuilder &builder, Location loc,
                                   ValueRange outs, ValueRange lses,
                                   FloatType compute, FloatType element) {
  TensorLoops loops(builder, loc);
  size_t numParts = outs.size();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, outs.front());
  auto rows = llvm::to_vector(llvm::seq<unsigned>(0, sizes.size() - 1));
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, sizes.size()));

  // One pass over the rows gives lse and each part's share exp(lse_p - lse).
  SmallVector<TensorRead> reads;
  for (Value lse : lses)
    reads.push_back({lse, rows});
  SmallVector<Value> shares = loops.mapMany(
      ArrayRef(sizes).drop_back(), SmallVector<Type>(numParts + 1, compute),
      reads, [&](OpBuilder &nested, Location nestedLoc, ValueRange elements) {
        auto binary = [&](auto op, Value lhs, Value rhs) -> Value {
          return decltype(op)::create(nested, nestedLoc, lhs, rhs);
        };
        auto select = [&](Value condition, Value lhs, Value rhs) -> Value {
          return arith::SelectOp::create(nested, nestedLoc, condition, lhs,
                                         rhs);
        };
        auto equals = [&](Value value, Value constant) -> Value {
          return arith::CmpFOp::create(
              nested, nestedLoc, arith::CmpFPredicate::OEQ, value, constant);
        };
        Value zero = buildFloat(nested, nestedLoc, compute, 0);
        Value none = buildFloat(nested, nestedLoc, compute,
                                -std::numeric_limits<double>::infinity());
        SmallVector<Value> parts;
        for (Value part : elements.take_front(numParts))
          parts.push_back(buildFloatCast(nested, nestedLoc, part, compute));
        Value max = parts.front();
        for (Value part : ArrayRef(parts).drop_front())
          max = binary(arith::MaximumFOp(), max, part);
        Value sum = zero;
        SmallVector<Value> weights;
        for (Value part : parts) {
          Value difference = binary(arith::SubFOp(), part, max);
          Value exp = math::ExpOp::create(nested, nestedLoc, difference);
          weights.push_back(select(equals(part, none), zero, exp));
          sum = binary(arith::AddFOp(), sum, weights.back());
        }
        Value log = math::LogOp::create(nested, nestedLoc, sum);
        SmallVector<Value> results = {binary(arith::AddFOp(), max, log)};
        Value empty = equals(sum, zero);
        for (Value weight : weights)
          results.push_back(
              select(empty, zero, binary(arith::DivFOp(), weight, sum)));
        return results;
      });

  // A part without a share is not read into the sum, whatever it holds.
  reads.clear();
  for (Value out : outs)
    reads.push_back({out, all});
  for (Value share : ArrayRef(shares).drop_front())
    reads.push_back({share, rows});
  Value out = loops.map(
      sizes, element, reads,
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value zero = buildFloat(nested, nestedLoc, compute, 0);
        Value sum = zero;
        for (size_t part = 0; part < numParts; ++part) {
          Value share = elements[numParts + part];
          Value value =
              buildFloatCast(nested, nestedLoc, elements[part], compute);
          Value product =
              arith::MulFOp::create(nested, nestedLoc, share, value);
          Value absent = arith::CmpFOp::create(
              nested, nestedLoc, arith::CmpFPredicate::OEQ, share, zero);
          Value term =
              arith::SelectOp::create(nested, nestedLoc, absent, zero, product);
          sum = arith::AddFOp::create(nested, nestedLoc, sum, term);
        }
        return {buildFloatCast(nested, nestedLoc, sum, element)};
      });
  return {out, shares.front()};
}

Value attn::buildNaiveRope(OpBuilder &builder, Location loc, Value input,
                           Value cos, Value sin, RopeLayout layout,
                           FloatType compute) {
  TensorLoops loops(builder, loc);
  IndexMath math(builder, loc);
  FloatType element = getFloatElement(input);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, input);
  OpFoldResult half = tensor::getMixedSize(builder, loc, cos, 1);
  OpFoldResult width = sizes.back();
  unsigned rank = sizes.size();
  bool interleaved = layout == RopeLayout::Interleaved;
  OpFoldResult zero = math.constant(0), one = math.constant(1);

  // The first elements of all pairs, the second ones, and those behind the
  // pairs are slices along the last dimension.
  auto slice = [&](OpFoldResult offset, OpFoldResult size, int64_t stride) {
    TensorSlice result = {SmallVector<OpFoldResult>(rank, zero), sizes,
                          SmallVector<OpFoldResult>(rank, one)};
    result.offsets.back() = offset;
    result.sizes.back() = size;
    result.strides.back() = math.constant(stride);
    return result;
  };
  TensorSlice first = slice(zero, half, interleaved ? 2 : 1);
  TensorSlice second =
      slice(interleaved ? one : half, half, interleaved ? 2 : 1);
  OpFoldResult rotated = math.mul(half, 2);
  TensorSlice rest = slice(rotated, math.sub(width, rotated), 1);

  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  SmallVector<unsigned> table = {rank - 2, rank - 1};
  Value x = loops.read(input, first), y = loops.read(input, second);
  // x cos - y sin, y cos + x sin: the same with the roles exchanged.
  auto rotate = [&](Value into, const TensorSlice &where, Value self,
                    Value other, bool subtract) {
    return loops.mapInto(
        into, where, {{self, all}, {other, all}, {cos, table}, {sin, table}},
        [&](OpBuilder &nested, Location nestedLoc,
            ValueRange elements) -> SmallVector<Value> {
          SmallVector<Value> values;
          for (Value value : elements.take_front(4))
            values.push_back(buildFloatCast(nested, nestedLoc, value, compute));
          Value straight =
              arith::MulFOp::create(nested, nestedLoc, values[0], values[2]);
          Value crossed =
              arith::MulFOp::create(nested, nestedLoc, values[1], values[3]);
          Value result;
          if (subtract)
            result =
                arith::SubFOp::create(nested, nestedLoc, straight, crossed);
          else
            result =
                arith::AddFOp::create(nested, nestedLoc, straight, crossed);
          return {buildFloatCast(nested, nestedLoc, result, element)};
        });
  };
  Value result = tensor::EmptyOp::create(builder, loc, sizes, element);
  result = rotate(result, first, x, y, /*subtract=*/true);
  result = rotate(result, second, y, x, /*subtract=*/false);
  if (isConstantIntValue(rest.sizes.back(), 0))
    return result;
  return loops.mapInto(
      result, rest, {{loops.read(input, rest), all}},
      [](OpBuilder &, Location, ValueRange elements) -> SmallVector<Value> {
        return {elements[0]};
      });
}
