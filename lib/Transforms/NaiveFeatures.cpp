//===- NaiveFeatures.cpp - feature maps on whole tensors ------------------===//
//
// Implements feature maps as their formulas say them, feature by feature.
//
//===----------------------------------------------------------------------===//

#include "NaiveLinear.h"
#include "TensorLoops.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the features of one op, by element of the result.
class NaiveFeatures {
public:
  NaiveFeatures(OpBuilder &builder, FeatureMapOp op, Value input, Value omega,
                FloatType compute)
      : builder(builder), loc(op.getLoc()), op(op), input(input), omega(omega),
        compute(compute), loops(builder, loc),
        sizes(tensor::getMixedSizes(builder, loc, input)), rank(sizes.size()),
        width(cast<RankedTensorType>(input.getType()).getShape().back()) {}

  Value build() {
    SmallVector<OpFoldResult> out(sizes);
    out.back() = builder.getIndexAttr(
        cast<RankedTensorType>(op.getResult().getType()).getShape().back());
    if (op.getKind() == FeatureMap::Favor)
      prepareFavor();
    if (op.getKind() == FeatureMap::Softmax ||
        op.getKind() == FeatureMap::Hedgehog)
      prepareSoftmax();
    SmallVector<Value> dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(out, dynamic, shape);
    auto generate = tensor::GenerateOp::create(
        builder, loc, RankedTensorType::get(shape, compute), dynamic,
        [&](OpBuilder &b, Location l, ValueRange place) {
          tensor::YieldOp::create(b, l, buildFeature(b, l, place));
        });
    Value result = generate;
    return result;
  }

private:
  Value number(OpBuilder &b, double value) {
    return buildFloat(b, loc, compute, value);
  }
  Value element(OpBuilder &b, ValueRange place, Value column) {
    SmallVector<Value> indices(place);
    indices.back() = column;
    return tensor::ExtractOp::create(b, loc, input, indices);
  }
  Value relu(OpBuilder &b, Value x) {
    Value isNegative = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT,
                                             x, number(b, 0));
    return arith::SelectOp::create(b, loc, isNegative, number(b, 0), x);
  }
  Value index(OpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  /// Largest element, and sum of exponentials relative to it, of rows and of
  /// their negatives.
  void prepareSoftmax() {
    auto rows = llvm::to_vector(llvm::seq<unsigned>(0, rank - 1));
    auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
    for (double sign : {1.0, -1.0}) {
      Value max = loops.reduce(
          loops.fill(ArrayRef(sizes).drop_back(), compute,
                     -std::numeric_limits<double>::infinity()),
          rows, rank, {{input, all}},
          [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
            Value x = arith::MulFOp::create(b, l, e[0], number(b, sign));
            return {arith::MaximumFOp::create(b, l, e[1], x)};
          });
      Value sum = loops.reduce(
          loops.fill(ArrayRef(sizes).drop_back(), compute, 0), rows, rank,
          {{input, all}, {max, rows}},
          [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
            Value x = arith::MulFOp::create(b, l, e[0], number(b, sign));
            Value exp =
                math::ExpOp::create(b, l, arith::SubFOp::create(b, l, x, e[1]));
            return {arith::AddFOp::create(b, l, e[2], exp)};
          });
      maxima.push_back(max);
      totals.push_back(sum);
    }
  }

  /// The exponents of all features, and their maximum.
  void prepareFavor() {
    double scale = std::pow(double(width), -0.25);
    SmallVector<OpFoldResult> out(sizes);
    out.back() = tensor::getMixedSize(builder, loc, omega, 0);
    auto kept = llvm::to_vector(llvm::seq<unsigned>(0, rank));
    SmallVector<unsigned> ofInput(kept);
    ofInput.back() = rank;
    exponents = loops.reduce(
        loops.fill(out, compute, 0), kept, rank + 1,
        {{input, ofInput}, {omega, {rank - 1, rank}}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          Value y = arith::MulFOp::create(b, l, e[0], number(b, scale));
          Value product = arith::MulFOp::create(b, l, y, e[1]);
          Value half = arith::MulFOp::create(
              b, l, arith::MulFOp::create(b, l, y, y), number(b, 0.5));
          return {arith::AddFOp::create(
              b, l, e[2], arith::SubFOp::create(b, l, product, half))};
        });
    auto rows = llvm::to_vector(llvm::seq<unsigned>(0, rank - 1));
    maxima.push_back(loops.reduce(
        loops.fill(ArrayRef(sizes).drop_back(), compute,
                   -std::numeric_limits<double>::infinity()),
        rows, rank, {{exponents, kept}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          return {arith::MaximumFOp::create(b, l, e[1], e[0])};
        }));
  }

  Value buildFeature(OpBuilder &b, Location l, ValueRange place) {
    Value column = place.back(), row = place[rank - 2];
    switch (op.getKind()) {
    case FeatureMap::Relu:
      return relu(b, element(b, place, column));
    case FeatureMap::Exp:
      return math::ExpOp::create(b, l, element(b, place, column));
    case FeatureMap::Elu1: {
      Value x = element(b, place, column);
      Value isPositive = arith::CmpFOp::create(b, l, arith::CmpFPredicate::OGT,
                                               x, number(b, 0));
      Value line = arith::AddFOp::create(b, l, x, number(b, 1));
      Value exp = math::ExpOp::create(b, l, x);
      return arith::SelectOp::create(b, l, isPositive, line, exp);
    }
    case FeatureMap::Softmax:
    case FeatureMap::Hedgehog:
      return buildSoftmax(b, place);
    case FeatureMap::Cos:
      return buildCos(b, place, row);
    case FeatureMap::Taylor2:
      return buildTaylor(b, place);
    case FeatureMap::Favor: {
      Value exponent = tensor::ExtractOp::create(b, l, exponents, place);
      Value shift = op.getRole() == FeatureRole::Key
                        ? number(b, double(width) / 4)
                        : Value(tensor::ExtractOp::create(b, l, maxima[0],
                                                          place.drop_back()));
      Value exp = math::ExpOp::create(
          b, l, arith::SubFOp::create(b, l, exponent, shift));
      double count = cast<RankedTensorType>(omega.getType()).getDimSize(0);
      return arith::MulFOp::create(b, l, exp, number(b, 1 / std::sqrt(count)));
    }
    case FeatureMap::Pointwise:
      return buildProgram(b, element(b, place, column));
    }
    llvm_unreachable("a feature map without a formula");
  }

  Value buildSoftmax(OpBuilder &b, ValueRange place) {
    auto half = [&](unsigned which, Value column) -> Value {
      Value x = arith::MulFOp::create(b, loc, element(b, place, column),
                                      number(b, which ? -1 : 1));
      Value max =
          tensor::ExtractOp::create(b, loc, maxima[which], place.drop_back());
      Value sum =
          tensor::ExtractOp::create(b, loc, totals[which], place.drop_back());
      Value exp =
          math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, x, max));
      return arith::DivFOp::create(b, loc, exp, sum);
    };
    if (op.getKind() == FeatureMap::Softmax)
      return half(0, place.back());
    Value offset =
        arith::RemUIOp::create(b, loc, place.back(), index(b, width));
    Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          place.back(), index(b, width));
    return arith::SelectOp::create(b, loc, isFirst, half(0, offset),
                                   half(1, offset));
  }

  Value buildCos(OpBuilder &b, ValueRange place, Value row) {
    IndexMath math(b, loc);
    OpFoldResult position = row;
    if (Value offset = op.getOffset())
      position = math.add(
          position,
          buildLoadOfBatch(math, offset, rank == 4 ? place[0] : index(b, 0)));
    auto toFloat = [&](Value value) -> Value {
      Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), value);
      return arith::SIToFPOp::create(b, loc, compute, integer);
    };
    Value share = arith::DivFOp::create(
        b, loc, toFloat(math.materialize(position)), toFloat(op.getLength()));
    Value angle = arith::MulFOp::create(b, loc, share, number(b, M_PI / 2));
    Value column =
        arith::RemUIOp::create(b, loc, place.back(), index(b, width));
    Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          place.back(), index(b, width));
    Value factor = arith::SelectOp::create(b, loc, isFirst,
                                           math::CosOp::create(b, loc, angle),
                                           math::SinOp::create(b, loc, angle));
    return arith::MulFOp::create(b, loc, relu(b, element(b, place, column)),
                                 factor);
  }

  /// Feature f is y_a y_b, with y_(-1) = 1: both indices by counting down the
  /// lengths of the runs of one a.
  Value buildTaylor(OpBuilder &b, ValueRange place) {
    double scale = std::pow(double(width), -0.25);
    Value feature = place.back(), zero = index(b, 0), one = index(b, 1);
    Value wide = index(b, width);
    auto isLess = [&](Value lhs, Value rhs) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, lhs, rhs);
    };
    auto y = [&](OpBuilder &b, Value column) -> Value {
      return arith::MulFOp::create(b, loc, element(b, place, column),
                                   number(b, scale));
    };
    Value first = arith::AddIOp::create(b, loc, wide, one);
    Value isLow = isLess(feature, first);
    auto branch = scf::IfOp::create(
        b, loc, isLow,
        [&](OpBuilder &then, Location) {
          Value isOne = arith::CmpIOp::create(
              then, loc, arith::CmpIPredicate::eq, feature, zero);
          Value column = arith::SelectOp::create(
              then, loc, isOne, zero,
              arith::SubIOp::create(then, loc, feature, one));
          scf::YieldOp::create(
              then, loc,
              ValueRange{arith::SelectOp::create(
                  then, loc, isOne, number(then, 1), y(then, column))});
        },
        [&](OpBuilder &otherwise, Location) {
          Value rest = arith::SubIOp::create(otherwise, loc, feature, first);
          // a, and what is left of the number beyond its run.
          auto loop = scf::ForOp::create(
              otherwise, loc, zero, wide, one, ValueRange{zero, rest},
              [&](OpBuilder &body, Location, Value, ValueRange carried) {
                Value length =
                    arith::SubIOp::create(body, loc, wide, carried[0]);
                Value isHere = arith::CmpIOp::create(
                    body, loc, arith::CmpIPredicate::ult, carried[1], length);
                Value a = arith::AddIOp::create(body, loc, carried[0], one);
                Value left =
                    arith::SubIOp::create(body, loc, carried[1], length);
                scf::YieldOp::create(
                    body, loc,
                    ValueRange{arith::SelectOp::create(body, loc, isHere,
                                                       carried[0], a),
                               arith::SelectOp::create(body, loc, isHere,
                                                       carried[1], left)});
              });
          Value a = loop.getResult(0), distance = loop.getResult(1);
          Value other = arith::AddIOp::create(otherwise, loc, a, distance);
          Value product = arith::MulFOp::create(otherwise, loc, y(otherwise, a),
                                                y(otherwise, other));
          Value isSquare = arith::CmpIOp::create(
              otherwise, loc, arith::CmpIPredicate::eq, distance, zero);
          Value root = arith::MulFOp::create(otherwise, loc, product,
                                             number(otherwise, M_SQRT1_2));
          scf::YieldOp::create(otherwise, loc,
                               ValueRange{arith::SelectOp::create(
                                   otherwise, loc, isSquare, root, product)});
        });
    return branch.getResult(0);
  }

  Value buildProgram(OpBuilder &b, Value x) {
    Block &body = op.getBody().front();
    auto number = cast<FloatType>(body.getArgument(0).getType());
    IRMapping mapping;
    mapping.map(body.getArgument(0), buildFloatCast(b, loc, x, number));
    for (Operation &inner : body.without_terminator())
      b.clone(inner, mapping);
    Value result = mapping.lookup(body.getTerminator()->getOperand(0));
    return buildFloatCast(b, loc, result, compute);
  }

  OpBuilder &builder;
  Location loc;
  FeatureMapOp op;
  Value input, omega;
  FloatType compute;
  TensorLoops loops;
  SmallVector<OpFoldResult> sizes;
  unsigned rank;
  int64_t width;
  /// Of rows, and of their negatives; of exponents.
  SmallVector<Value> maxima, totals;
  Value exponents;
};

} // namespace

Value attn::buildNaiveFeatures(OpBuilder &builder, FeatureMapOp op, Value input,
                               Value omega, FloatType compute) {
  return NaiveFeatures(builder, op, input, omega, compute).build();
}
