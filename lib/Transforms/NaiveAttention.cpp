//===- NaiveAttention.cpp - softmax attention on whole tensors ------------===//
//
// Implements attention as its formula says it. O(B H M N (D + E)) time and
// O(B H M N) memory: the oracle of the compiled path, and what attn.weights is.
//
// A pair that the mask drops has score -inf, and a score of -inf has
// probability 0 whatever the maximum is: so rows without any key sum to 0, and
// their maximum of -inf meets no subtraction. NaN and +inf scores turn their
// maximum, and with it the row, into NaN. Without softmax scores are the
// weights as they are, and a pair that the mask drops is left out of the sum.
//
//===----------------------------------------------------------------------===//

#include "NaiveAttention.h"
#include "ScalarMaskPredicate.h"
#include "ScoreProgram.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Dimensions of score tensors, and the loops over them.
enum : unsigned { kBatch, kHead, kRow, kCol };

/// Softmax before its division: exp(s - max), and its sums. A pair counts
/// unless its element of `scores` is -inf.
struct NaiveSoftmax {
  Value scores, max, weights, sum;
};

/// One pair of query and key: b, h, i, j, and where the query stands.
struct Pair {
  SmallVector<Value> indices;
  Value position;
};

/// Builds the steps of one attention. Tensors without a batch get one of 1.
class NaiveBuilder {
public:
  NaiveBuilder(OpBuilder &builder, Location loc, const ScoreClauses &clauses,
               FloatType compute);

  NaiveSoftmax buildSoftmax();
  NaiveSoftmax buildScoresAsWeights();
  Value buildWeights(const NaiveSoftmax &softmax, FloatType element);
  NaiveResults buildResults(const NaiveSoftmax &softmax, Value value,
                            Value valueScale);

private:
  Value addBatch(Value tensor);
  Value dropBatch(Value tensor);
  Value repeatHeads(Value tensor);
  Value applyScale(Value tensor, Value scale);
  Value buildProducts();
  Value buildScores(Value products, double dropped);
  Value buildScore(OpBuilder &nested, Location nestedLoc, Value product,
                   const Pair &pair);
  Pair buildPair(OpBuilder &nested, Location nestedLoc);
  Value buildBias(OpBuilder &nested, Location nestedLoc, ValueRange indices);
  Value buildContains(OpBuilder &nested, Location nestedLoc, const Pair &pair);
  Value dropMasked(OpBuilder &nested, Location nestedLoc, const Pair &pair,
                   Value kept, double dropped);
  Value isMasked(OpBuilder &nested, Location nestedLoc, Value score);
  Value buildExp(OpBuilder &nested, Location nestedLoc, Value score, Value max);
  Value buildQuotient(OpBuilder &nested, Location nestedLoc, Value sum,
                      Value numerator, FloatType element);

  OpBuilder &builder;
  Location loc;
  const ScoreClauses &clauses;
  FloatType compute;
  TensorLoops loops;
  Value query, key;
  /// B, H, M, N.
  SmallVector<OpFoldResult> sizes;
};

} // namespace

NaiveBuilder::NaiveBuilder(OpBuilder &builder, Location loc,
                           const ScoreClauses &clauses, FloatType compute)
    : builder(builder), loc(loc), clauses(clauses), compute(compute),
      loops(builder, loc), query(addBatch(clauses.query)),
      key(addBatch(applyScale(clauses.key, clauses.keyScale))) {
  sizes = tensor::getMixedSizes(builder, loc, query);
  sizes[kCol] = tensor::getMixedSize(builder, loc, key, 2);
  key = repeatHeads(key);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value NaiveBuilder::addBatch(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (clauses.hasBatch())
    return tensor;
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin(), 1);
  SmallVector<OpFoldResult> mixed = tensor::getMixedSizes(builder, loc, tensor);
  mixed.insert(mixed.begin(), builder.getIndexAttr(1));
  return tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), tensor,
      ArrayRef<ReassociationIndices>{{0, 1}, {2}, {3}}, mixed);
}

Value NaiveBuilder::dropBatch(Value tensor) {
  if (clauses.hasBatch())
    return tensor;
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  SmallVector<ReassociationIndices> dims = {{0, 1}};
  for (int64_t dim = 2; dim < rank; ++dim)
    dims.push_back({dim});
  return tensor::CollapseShapeOp::create(builder, loc, tensor, dims);
}

/// `[B, Hk, N, …]` with each head repeated for the H / Hk query heads it
/// serves.
Value NaiveBuilder::repeatHeads(Value tensor) {
  OpFoldResult kvHeads = tensor::getMixedSize(builder, loc, tensor, kHead);
  if (isEqualConstantIntOrValue(sizes[kHead], kvHeads))
    return tensor;
  IndexMath math(builder, loc);
  Value group = arith::DivUIOp::create(
      builder, loc, math.materialize(sizes[kHead]), math.materialize(kvHeads));
  SmallVector<OpFoldResult> repeated =
      tensor::getMixedSizes(builder, loc, tensor);
  repeated[kHead] = sizes[kHead];
  return loops.map(
      repeated, getFloatElement(tensor), {},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange) -> SmallVector<Value> {
        SmallVector<Value> indices;
        for (unsigned dim = 0; dim < repeated.size(); ++dim)
          indices.push_back(linalg::IndexOp::create(nested, nestedLoc, dim));
        indices[kHead] =
            arith::DivUIOp::create(nested, nestedLoc, indices[kHead], group);
        return {tensor::ExtractOp::create(nested, nestedLoc, tensor, indices)};
      });
}

/// Every row of `tensor` times its element of `scale`; `tensor` without one.
Value NaiveBuilder::applyScale(Value tensor, Value scale) {
  if (!scale)
    return tensor;
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  return loops.map(
      tensor::getMixedSizes(builder, loc, tensor), compute,
      {{tensor, all},
       {scale, SmallVector<unsigned>(ArrayRef(all).drop_back())}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value number = buildFloatCast(nested, nestedLoc, elements[0], compute);
        Value factor = buildFloatCast(nested, nestedLoc, elements[1], compute);
        return {arith::MulFOp::create(nested, nestedLoc, number, factor)};
      });
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value NaiveBuilder::buildProducts() {
  // Loops: b, h, i, j, d.
  Value init = loops.fill(sizes, compute, 0);
  return loops.reduce(
      init, {0, 1, 2, 3}, 5, {{query, {0, 1, 2, 4}}, {key, {0, 1, 3, 4}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value q = buildFloatCast(nested, nestedLoc, elements[0], compute);
        Value k = buildFloatCast(nested, nestedLoc, elements[1], compute);
        Value product = arith::MulFOp::create(nested, nestedLoc, q, k);
        return {arith::AddFOp::create(nested, nestedLoc, elements[2], product)};
      });
}

Value NaiveBuilder::buildBias(OpBuilder &nested, Location nestedLoc,
                              ValueRange indices) {
  // An extent of 1 serves every index, also where it is known at run time only.
  auto type = cast<RankedTensorType>(clauses.bias.getType());
  unsigned first = clauses.hasBatch() ? kBatch : kHead;
  Value zero = arith::ConstantIndexOp::create(nested, nestedLoc, 0);
  SmallVector<Value> position;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value index = indices[first + dim];
    if (type.isDynamicDim(dim)) {
      Value extent =
          tensor::DimOp::create(nested, nestedLoc, clauses.bias, dim);
      Value one = arith::ConstantIndexOp::create(nested, nestedLoc, 1);
      Value shared = arith::CmpIOp::create(
          nested, nestedLoc, arith::CmpIPredicate::eq, extent, one);
      index = arith::SelectOp::create(nested, nestedLoc, shared, zero, index);
    } else if (type.getDimSize(dim) == 1) {
      index = zero;
    }
    position.push_back(index);
  }
  Value element =
      tensor::ExtractOp::create(nested, nestedLoc, clauses.bias, position);
  return buildFloatCast(nested, nestedLoc, element, compute);
}

Value NaiveBuilder::buildContains(OpBuilder &nested, Location nestedLoc,
                                  const Pair &place) {
  IndexMath math(nested, nestedLoc);
  MaskPair pair;
  pair.batch = place.indices[kBatch];
  pair.head = place.indices[kHead];
  pair.row = place.indices[kRow];
  pair.position = place.position;
  pair.col = place.indices[kCol];
  pair.numRows = math.materialize(sizes[kRow]);
  pair.numCols = math.materialize(sizes[kCol]);
  ScalarMaskPredicate predicate(nested, clauses.op, pair, clauses.maskOperands);
  MaskAttrInterface mask = clauses.mask;
  return mask.buildContains(predicate);
}

Pair NaiveBuilder::buildPair(OpBuilder &nested, Location nestedLoc) {
  Pair pair;
  for (unsigned dim : {kBatch, kHead, kRow, kCol})
    pair.indices.push_back(linalg::IndexOp::create(nested, nestedLoc, dim));
  IndexMath math(nested, nestedLoc);
  pair.position = math.materialize(math.add(
      pair.indices[kRow], clauses.buildPosition(math, pair.indices[kBatch],
                                                sizes[kRow], sizes[kCol])));
  return pair;
}

/// `kept`, or `dropped` where the mask does not hold.
Value NaiveBuilder::dropMasked(OpBuilder &nested, Location nestedLoc,
                               const Pair &pair, Value kept, double dropped) {
  if (isa<FullMaskAttr>(clauses.mask))
    return kept;
  return arith::SelectOp::create(
      nested, nestedLoc, buildContains(nested, nestedLoc, pair), kept,
      buildFloat(nested, nestedLoc, compute, dropped));
}

/// The score of one pair from its product: scale, then softcap and bias or the
/// score program.
Value NaiveBuilder::buildScore(OpBuilder &nested, Location nestedLoc,
                               Value product, const Pair &pair) {
  Value score = arith::MulFOp::create(
      nested, nestedLoc, product,
      buildFloat(nested, nestedLoc, compute, clauses.getScale()));
  if (clauses.softcap) {
    Value cap = buildFloat(nested, nestedLoc, compute,
                           clauses.softcap.getValueAsDouble());
    Value ratio = arith::DivFOp::create(nested, nestedLoc, score, cap);
    Value bounded = math::TanhOp::create(nested, nestedLoc, ratio);
    score = arith::MulFOp::create(nested, nestedLoc, cap, bounded);
  }
  if (clauses.bias)
    score = arith::AddFOp::create(nested, nestedLoc, score,
                                  buildBias(nested, nestedLoc, pair.indices));
  if (!clauses.score->empty())
    score = buildScoreProgram(nested, *clauses.score, score,
                              {pair.indices[kBatch], pair.indices[kHead],
                               pair.position, pair.indices[kCol]});
  return score;
}

/// All scores; a pair that the mask drops has `dropped`.
Value NaiveBuilder::buildScores(Value products, double dropped) {
  return loops.map(
      sizes, compute, {{products, {kBatch, kHead, kRow, kCol}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Pair pair = buildPair(nested, nestedLoc);
        Value score = buildScore(nested, nestedLoc, elements[0], pair);
        return {dropMasked(nested, nestedLoc, pair, score, dropped)};
      });
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

Value NaiveBuilder::isMasked(OpBuilder &nested, Location nestedLoc,
                             Value score) {
  return arith::CmpFOp::create(
      nested, nestedLoc, arith::CmpFPredicate::OEQ, score,
      buildFloat(nested, nestedLoc, compute, -kInfinity));
}

/// `exp(score - max)`, and 0 for a score of -inf.
Value NaiveBuilder::buildExp(OpBuilder &nested, Location nestedLoc, Value score,
                             Value max) {
  Value difference = arith::SubFOp::create(nested, nestedLoc, score, max);
  Value exp = math::ExpOp::create(nested, nestedLoc, difference);
  return arith::SelectOp::create(
      nested, nestedLoc, isMasked(nested, nestedLoc, score),
      buildFloat(nested, nestedLoc, compute, 0), exp);
}

NaiveSoftmax NaiveBuilder::buildSoftmax() {
  NaiveSoftmax softmax;
  softmax.scores = buildScores(buildProducts(), -kInfinity);
  TensorRead scores = {softmax.scores, {kBatch, kHead, kRow, kCol}};
  ArrayRef<OpFoldResult> rows = ArrayRef(sizes).drop_back();

  // A sink is one more score of its row, which has no value.
  SmallVector<TensorRead> sink;
  if (clauses.sink)
    sink.push_back({clauses.sink, {kHead}});
  Value maxInit = loops.map(
      rows, compute, sink,
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        if (clauses.sink)
          return {buildFloatCast(nested, nestedLoc, elements[0], compute)};
        return {buildFloat(nested, nestedLoc, compute, -kInfinity)};
      });
  softmax.max =
      loops.reduce(maxInit, {kBatch, kHead, kRow}, 4, scores,
                   [&](OpBuilder &nested, Location nestedLoc,
                       ValueRange elements) -> SmallVector<Value> {
                     return {arith::MaximumFOp::create(
                         nested, nestedLoc, elements[0], elements[1])};
                   });
  TensorRead max = {softmax.max, {kBatch, kHead, kRow}};

  softmax.weights = loops.map(
      sizes, compute, {scores, max},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        return {buildExp(nested, nestedLoc, elements[0], elements[1])};
      });
  sink.insert(sink.begin(), max);
  Value sumInit =
      loops.map(rows, compute, sink,
                [&](OpBuilder &nested, Location nestedLoc,
                    ValueRange elements) -> SmallVector<Value> {
                  if (!clauses.sink)
                    return {buildFloat(nested, nestedLoc, compute, 0)};
                  Value logit =
                      buildFloatCast(nested, nestedLoc, elements[1], compute);
                  return {buildExp(nested, nestedLoc, logit, elements[0])};
                });
  softmax.sum =
      loops.reduce(sumInit, {kBatch, kHead, kRow}, 4,
                   {{softmax.weights, {kBatch, kHead, kRow, kCol}}},
                   [&](OpBuilder &nested, Location nestedLoc,
                       ValueRange elements) -> SmallVector<Value> {
                     return {arith::AddFOp::create(nested, nestedLoc,
                                                   elements[0], elements[1])};
                   });
  return softmax;
}

/// No softmax, in the shape of one: the weights are the scores, the sums 1.
/// What counts is said by the mask, for here a score of -inf counts.
NaiveSoftmax NaiveBuilder::buildScoresAsWeights() {
  NaiveSoftmax softmax;
  softmax.weights = buildScores(buildProducts(), 0);
  softmax.scores = loops.map(
      sizes, compute, {},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange) -> SmallVector<Value> {
        Pair pair = buildPair(nested, nestedLoc);
        Value counts = buildFloat(nested, nestedLoc, compute, 0);
        return {dropMasked(nested, nestedLoc, pair, counts, -kInfinity)};
      });
  ArrayRef<OpFoldResult> rows = ArrayRef(sizes).drop_back();
  softmax.max = loops.fill(rows, compute, 0);
  softmax.sum = loops.fill(rows, compute, 1);
  return softmax;
}

/// `numerator / sum`, and 0 for a sum of 0.
Value NaiveBuilder::buildQuotient(OpBuilder &nested, Location nestedLoc,
                                  Value sum, Value numerator,
                                  FloatType element) {
  Value zero = buildFloat(nested, nestedLoc, compute, 0);
  Value empty = arith::CmpFOp::create(nested, nestedLoc,
                                      arith::CmpFPredicate::OEQ, sum, zero);
  Value quotient = arith::DivFOp::create(nested, nestedLoc, numerator, sum);
  Value result =
      arith::SelectOp::create(nested, nestedLoc, empty, zero, quotient);
  return buildFloatCast(nested, nestedLoc, result, element);
}

Value NaiveBuilder::buildWeights(const NaiveSoftmax &softmax,
                                 FloatType element) {
  Value result =
      loops.map(sizes, element,
                {{softmax.weights, {kBatch, kHead, kRow, kCol}},
                 {softmax.sum, {kBatch, kHead, kRow}}},
                [&](OpBuilder &nested, Location nestedLoc,
                    ValueRange elements) -> SmallVector<Value> {
                  return {buildQuotient(nested, nestedLoc, elements[1],
                                        elements[0], element)};
                });
  return dropBatch(result);
}

NaiveResults NaiveBuilder::buildResults(const NaiveSoftmax &softmax,
                                        Value value, Value valueScale) {
  value = repeatHeads(addBatch(applyScale(value, valueScale)));
  SmallVector<OpFoldResult> outSizes(sizes);
  outSizes.back() = tensor::getMixedSize(builder, loc, value, 3);
  // Loops: b, h, i, e, j. A value behind a score of -inf is not read into the
  // sum: 0 times NaN would be NaN.
  Value init = loops.fill(outSizes, compute, 0);
  Value acc = loops.reduce(
      init, {0, 1, 2, 3}, 5,
      {{softmax.scores, {0, 1, 2, 4}},
       {softmax.weights, {0, 1, 2, 4}},
       {value, {0, 1, 4, 3}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value v = buildFloatCast(nested, nestedLoc, elements[2], compute);
        Value product =
            arith::MulFOp::create(nested, nestedLoc, elements[1], v);
        Value term = arith::SelectOp::create(
            nested, nestedLoc, isMasked(nested, nestedLoc, elements[0]),
            buildFloat(nested, nestedLoc, compute, 0), product);
        return {arith::AddFOp::create(nested, nestedLoc, elements[3], term)};
      });

  TensorRead sum = {softmax.sum, {kBatch, kHead, kRow}};
  NaiveResults results;
  results.out =
      loops.map(outSizes, compute, {{acc, {0, 1, 2, 3}}, sum},
                [&](OpBuilder &nested, Location nestedLoc,
                    ValueRange elements) -> SmallVector<Value> {
                  return {buildQuotient(nested, nestedLoc, elements[1],
                                        elements[0], compute)};
                });
  results.lse = loops.map(
      ArrayRef(sizes).drop_back(), compute,
      {{softmax.max, {kBatch, kHead, kRow}}, sum},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value log = math::LogOp::create(nested, nestedLoc, elements[1]);
        return {arith::AddFOp::create(nested, nestedLoc, elements[0], log)};
      });
  return {dropBatch(results.out), dropBatch(results.lse)};
}

Value attn::buildNaiveWeights(OpBuilder &builder, Location loc,
                              const ScoreClauses &clauses, FloatType compute,
                              FloatType element) {
  NaiveBuilder naive(builder, loc, clauses, compute);
  return naive.buildWeights(naive.buildSoftmax(), element);
}

NaiveResults attn::buildNaiveAttention(OpBuilder &builder, Location loc,
                                       const ScoreClauses &clauses, Value value,
                                       Value valueScale, FloatType compute,
                                       bool isSoftmax) {
  NaiveBuilder naive(builder, loc, clauses, compute);
  return naive.buildResults(isSoftmax ? naive.buildSoftmax()
                                      : naive.buildScoresAsWeights(),
                            value, valueScale);
}
