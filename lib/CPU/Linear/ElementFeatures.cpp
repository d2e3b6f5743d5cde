//===- ElementFeatures.cpp - features without products with others --------===//
//
// Implements feature maps whose features are functions of one element, of a row
// by softmax, of an element and its position, and of two elements.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Linear/Features.h"
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// Calls `body` for each row that exists.
static void forEachRow(VectorBuilder &b, FeatureBlock &block,
                       llvm::function_ref<void(VectorBuilder &, Value)> body) {
  b.forEach(b.index(0), block.count, 1, body);
}

static Value buildRelu(VectorBuilder &b, Value x) {
  // NaN stays: a maximum would drop it.
  Value isNegative = arith::CmpFOp::create(
      b.getBuilder(), b.getLoc(), arith::CmpFPredicate::OLT, x, b.splat(0));
  return arith::SelectOp::create(b.getBuilder(), b.getLoc(), isNegative,
                                 b.splat(0), x);
}

static Value buildExp(VectorBuilder &b, Value x) {
  return b.exp2(b.mulf(x, b.splat(kLog2E)));
}

/// The program of the op on a vector of elements.
static Value buildProgram(VectorBuilder &b, MapFeaturesOp op, Value x) {
  OpBuilder &builder = b.getBuilder();
  Block &body = op.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArgument(0), x);
  // Constants may have been moved out of the program.
  auto widened = [&](Value number) -> Value {
    if (Value vector = mapping.lookupOrNull(number))
      return vector;
    return vector::BroadcastOp::create(
        builder, b.getLoc(), VectorType::get({b.lanes}, number.getType()),
        number);
  };
  for (Operation &inner : body.without_terminator()) {
    OperationState state(b.getLoc(), inner.getName());
    for (Value operand : inner.getOperands())
      state.operands.push_back(widened(operand));
    for (Type type : inner.getResultTypes())
      state.types.push_back(VectorType::get({b.lanes}, type));
    state.attributes = inner.getAttrs();
    Attribute value;
    if (matchPattern(&inner, m_Constant(&value))) {
      auto type = cast<VectorType>(state.types.front());
      mapping.map(inner.getResult(0),
                  arith::ConstantOp::create(builder, b.getLoc(),
                                            DenseElementsAttr::get(type, value))
                      .getResult());
      continue;
    }
    Operation *wide = builder.create(state);
    mapping.map(inner.getResults(), wide->getResults());
  }
  return widened(body.getTerminator()->getOperand(0));
}

static Value buildFeature(VectorBuilder &b, MapFeaturesOp op, Value x) {
  switch (op.getKind()) {
  case FeatureMap::Relu:
    return buildRelu(b, x);
  case FeatureMap::Exp:
    return buildExp(b, x);
  case FeatureMap::Elu1: {
    Value isPositive = arith::CmpFOp::create(
        b.getBuilder(), b.getLoc(), arith::CmpFPredicate::OGT, x, b.splat(0));
    return arith::SelectOp::create(b.getBuilder(), b.getLoc(), isPositive,
                                   b.addf(x, b.splat(1)), buildExp(b, x));
  }
  default:
    return buildProgram(b, op, x);
  }
}

void attn::buildPointwiseFeatures(VectorBuilder &b, FeatureBlock &block) {
  forEachRow(b, block, [&](VectorBuilder &b, Value row) {
    for (int64_t column = 0; column < block.width; column += b.lanes) {
      Value place = b.index(column);
      b.store(buildFeature(b, block.op, b.load(block.rows, {row, place})),
              block.features, {row, place});
    }
  });
}

void attn::buildDirectFeatures(VectorBuilder &b, FeatureBlock &block,
                               Value source, Value out) {
  forEachRow(b, block, [&](VectorBuilder &b, Value row) {
    for (int64_t column = 0; column < block.width; column += b.lanes) {
      Value place = b.index(column);
      Value x = buildVectorIn(b, source, {row, place});
      prefetchRow(b, source, row, place);
      b.store(buildFeature(b, block.op, x), out, {row, place});
    }
  });
}

/// softmax of `sign` times row `row`, from column `first` of the features on.
static void buildSoftmax(VectorBuilder &b, FeatureBlock &block, Value row,
                         double sign, int64_t first) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  double minusInf = -std::numeric_limits<double>::infinity();
  SmallVector<Value> parts;
  Value max = b.splat(minusInf), sum = b.splat(0);
  for (int64_t column = 0; column < block.width; column += b.lanes) {
    Value x = b.mulf(b.load(block.rows, {row, b.index(column)}),
                     b.splat(sign * kLog2E));
    if (int64_t left = block.width - column; left < b.lanes) {
      SmallVector<bool> exists(b.lanes, false);
      std::fill(exists.begin(), exists.begin() + left, true);
      auto type = VectorType::get({b.lanes}, builder.getI1Type());
      Value mask = arith::ConstantOp::create(
          builder, loc, DenseElementsAttr::get(type, exists));
      x = arith::SelectOp::create(builder, loc, mask, x, b.splat(minusInf));
    }
    parts.push_back(x);
    max = b.maxf(max, x);
  }
  auto reduce = [&](vector::CombiningKind kind, Value vector) {
    return b.broadcast(vector::ReductionOp::create(
        builder, loc, kind, vector, arith::FastMathFlags::reassoc));
  };
  max = reduce(vector::CombiningKind::MAXNUMF, max);
  for (Value &part : parts) {
    part = b.exp2(b.subf(part, max));
    sum = b.addf(sum, part);
  }
  Value factor = b.divf(b.splat(1), reduce(vector::CombiningKind::ADD, sum));
  for (auto [k, part] : llvm::enumerate(parts))
    b.store(b.mulf(part, factor), block.features,
            {row, b.index(first + int64_t(k) * b.lanes)});
}

void attn::buildSoftmaxFeatures(VectorBuilder &b, FeatureBlock &block) {
  forEachRow(b, block, [&](VectorBuilder &b, Value row) {
    buildSoftmax(b, block, row, 1, 0);
    // After the first: what that writes beyond its end is overwritten.
    if (block.op.getKind() == FeatureMap::Hedgehog)
      buildSoftmax(b, block, row, -1, block.width);
  });
}

void attn::buildCosFeatures(VectorBuilder &b, FeatureBlock &block) {
  forEachRow(b, block, [&](VectorBuilder &b, Value row) {
    OpBuilder &builder = b.getBuilder();
    Location loc = b.getLoc();
    auto number = [&](Value index) -> Value {
      Value integer =
          arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
      return arith::SIToFPOp::create(builder, loc, b.element, integer);
    };
    Value place = number(b.materialize(b.add(block.position, row)));
    Value angle = b.broadcast(b.divf(b.mulf(place, b.number(M_PI / 2)),
                                     number(block.op.getLength())));
    Value factors[] = {math::CosOp::create(builder, loc, angle),
                       math::SinOp::create(builder, loc, angle)};
    for (auto [half, factor] : llvm::enumerate(factors))
      for (int64_t column = 0; column < block.width; column += b.lanes) {
        Value x = buildRelu(b, b.load(block.rows, {row, b.index(column)}));
        b.store(b.mulf(x, factor), block.features,
                {row, b.index(int64_t(half) * block.width + column)});
      }
  });
}

void attn::buildTaylorFeatures(VectorBuilder &b, FeatureBlock &block) {
  int64_t width = block.width;
  double scale = std::pow(double(width), -0.25);
  forEachRow(b, block, [&](VectorBuilder &b, Value row) {
    Value zero = b.index(0);
    for (int64_t column = 0; column < width; column += b.lanes) {
      Value y =
          b.mulf(b.load(block.rows, {row, b.index(column)}), b.splat(scale));
      b.store(y, block.rows, {row, b.index(column)});
      b.store(y, block.features, {row, b.index(column + 1)});
    }
    b.storeScalar(b.number(1), block.features, {row, zero});
    // Products with element a follow each other; what a vector writes beyond
    // the last is overwritten by those with element a + 1.
    b.fold(
        zero, b.index(width), 1, b.index(1 + width),
        [&](VectorBuilder &b, Value a, ValueRange first) {
          Value y = b.loadScalar(block.rows, {row, a}), wide = b.broadcast(y);
          b.forEach(a, b.index(width), b.lanes,
                    [&](VectorBuilder &b, Value other) {
                      Value place =
                          b.materialize(b.add(first.front(), b.sub(other, a)));
                      b.store(b.mulf(b.load(block.rows, {row, other}), wide),
                              block.features, {row, place});
                    });
          b.storeScalar(b.mulf(b.mulf(y, y), b.number(M_SQRT1_2)),
                        block.features, {row, first.front()});
          return SmallVector<Value>{
              b.materialize(b.add(first.front(), b.sub(b.constant(width), a)))};
        });
  });
}
