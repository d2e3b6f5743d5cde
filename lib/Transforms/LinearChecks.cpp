//===- LinearChecks.cpp - run-time rules of linear attention --------------===//
//
// Builds the rules of linear attention on extents, and on what decays and
// boundaries of documents hold, that only a run knows.
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// B and N of an operand that has them are those of the keys.
static void buildTokenChecks(ShapeCheckBuilder &checks, LinearOp op,
                             StringRef name, Value operand, bool hasTokens) {
  if (!operand)
    return;
  unsigned rank = cast<RankedTensorType>(operand.getType()).getRank();
  unsigned base = op.hasBatch() ? 1 : 0;
  if (rank == 1)
    return;
  if (base)
    checks.requireEqual(buildSize(checks, operand, 0),
                        buildSize(checks, op.getKey(), 0),
                        (name + " has batch size {0}, key has {1}: expected "
                                "them to be equal")
                            .str());
  if (hasTokens)
    checks.requireEqual(buildSize(checks, operand, base + 1),
                        buildSize(checks, op.getKey(), base + 1),
                        (name + " has {0} tokens, key has {1}: expected them "
                                "to be equal")
                            .str());
}

/// Boundaries ascend from 0 to N.
static void buildDocumentChecks(ShapeCheckBuilder &checks, Value docs,
                                OpFoldResult tokens) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  Value one = checks.materialize(checks.constant(1));
  Value zero = checks.materialize(checks.constant(0));
  Value count = checks.materialize(buildLength(checks, docs));
  checks.requireLessOrEqual(
      one, count,
      "docs has {1} boundaries, expected at least {0}: 0 and, with documents, "
      "their ends");
  checks.buildIfValid([&] {
    checks.requireEqual(buildLoadIndex(checks, docs, zero), checks.constant(0),
                        "docs begins with boundary {0}, expected {1}");
    Value last = checks.materialize(checks.add(OpFoldResult(count), -1));
    checks.requireEqual(buildLoadIndex(checks, docs, last), tokens,
                        "docs ends with boundary {0}, expected the number of "
                        "tokens {1}");
    auto loop = scf::ForOp::create(builder, loc, one, count, one);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    OpFoldResult place = loop.getInductionVar();
    checks.requireLessOrEqual(
        buildLoadIndex(checks, docs, checks.add(place, -1)),
        buildLoadIndex(checks, docs, place),
        "docs holds boundary {1} after {0}, expected boundaries in ascending "
        "order");
  });
}

/// Folds `next` over the elements of `tensor`, in nested loops.
static Value
buildFold(OpBuilder &builder, Location loc, Value tensor, Value init,
          llvm::function_ref<Value(OpBuilder &, Value, Value)> next) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  std::function<Value(OpBuilder &, Value, SmallVector<Value>)> fold =
      [&](OpBuilder &b, Value carried, SmallVector<Value> place) -> Value {
    if (int64_t(place.size()) == rank)
      return next(b, tensor::ExtractOp::create(b, loc, tensor, place), carried);
    Value extent = tensor::DimOp::create(b, loc, tensor, place.size());
    auto loop = scf::ForOp::create(
        b, loc, zero, extent, one, carried,
        [&](OpBuilder &body, Location, Value index, ValueRange carried) {
          SmallVector<Value> inner(place);
          inner.push_back(index);
          scf::YieldOp::create(body, loc,
                               ValueRange{fold(body, carried[0], inner)});
        });
    return loop.getResult(0);
  };
  return fold(builder, init, {});
}

/// No logarithm is above 0 or NaN: the state would grow without bounds. Where
/// one is, they are counted; bits are what vectors find fastest.
static void buildDecayChecks(ShapeCheckBuilder &checks, Value decay) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  Type element = cast<RankedTensorType>(decay.getType()).getElementType();
  Value limit =
      arith::ConstantOp::create(builder, loc, builder.getFloatAttr(element, 0));
  auto isAbove = [&](OpBuilder &b, Value log) -> Value {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UGT, log, limit);
  };
  Value none = arith::ConstantIntOp::create(builder, loc, 0, /*width=*/1);
  Value some =
      buildFold(builder, loc, decay, none,
                [&](OpBuilder &b, Value log, Value found) -> Value {
                  return arith::OrIOp::create(b, loc, found, isAbove(b, log));
                });
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  auto buildCount = [&](OpBuilder &inner, Location) {
    Value one = arith::ConstantIndexOp::create(inner, loc, 1);
    Value count = buildFold(
        inner, loc, decay, zero,
        [&](OpBuilder &b, Value log, Value sum) -> Value {
          Value more = arith::AddIOp::create(b, loc, sum, one);
          return arith::SelectOp::create(b, loc, isAbove(b, log), more, sum);
        });
    scf::YieldOp::create(inner, loc, count);
  };
  auto buildNone = [&](OpBuilder &inner, Location) {
    scf::YieldOp::create(inner, loc, zero);
  };
  auto count = scf::IfOp::create(builder, loc, some, buildCount, buildNone);
  checks.requireEqual(
      OpFoldResult(count.getResult(0)), checks.constant(0),
      "decay has {0} elements above 0 or NaN, expected {1}: they are "
      "logarithms of factors of at most 1");
}

/// Every row of `cos` stands at a position below its length: behind it, cosines
/// and weights are negative.
static void buildPositionChecks(ShapeCheckBuilder &checks, FeatureMapOp op,
                                OpFoldResult rows) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  Value length = op.getLength(), count = checks.materialize(rows);
  checks.requireLessOrEqual(
      count, length,
      "input has {0} rows, length is {1}: expected no more rows");
  if (!op.getOffset())
    return;
  checks.buildIfValid([&] {
    Value zero = checks.materialize(checks.constant(0));
    Value one = checks.materialize(checks.constant(1));
    Value offsets = checks.materialize(buildSize(checks, op.getOffset(), 0));
    auto loop = scf::ForOp::create(builder, loc, zero, offsets, one);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value first =
        buildLoadIndex(checks, op.getOffset(), loop.getInductionVar());
    checks.requireLessOrEqual(
        zero, first, "offset holds position {1}, expected at least {0}");
    Value end = checks.materialize(checks.add(OpFoldResult(first), rows));
    checks.requireLessOrEqual(
        end, length,
        "rows reach up to position {0}, length is {1}: expected no more");
  });
}

void attn::buildLinearChecks(ShapeCheckBuilder &checks, LinearOp op) {
  Value query = op.getQuery(), key = op.getKey(), value = op.getValue();
  unsigned base = op.hasBatch() ? 1 : 0;
  OpFoldResult tokens = buildSize(checks, key, base + 1);
  buildTokenChecks(checks, op, "query", query, op.getCausal());
  buildTokenChecks(checks, op, "value", value, /*hasTokens=*/true);
  buildTokenChecks(checks, op, "decay", op.getDecay(), /*hasTokens=*/true);
  buildTokenChecks(checks, op, "beta", op.getBeta(), /*hasTokens=*/true);
  buildTokenChecks(checks, op, "state", op.getState(), /*hasTokens=*/false);
  checks.requirePosition(tokens, "key has {0} rows, expected at most {1}");
  if (op.getDecay())
    checks.buildIfValid([&] { buildDecayChecks(checks, op.getDecay()); });
  if (op.getDocs())
    buildDocumentChecks(checks, op.getDocs(), tokens);
}

void attn::buildFeatureChecks(ShapeCheckBuilder &checks, FeatureMapOp op) {
  unsigned rank = cast<RankedTensorType>(op.getInput().getType()).getRank();
  if (op.getOffset()) {
    OpFoldResult batches =
        rank == 4 ? buildSize(checks, op.getInput(), 0) : checks.constant(1);
    checks.requireOneOrEqual(buildSize(checks, op.getOffset(), 0), batches,
                             "offset has {0} elements, expected 1 or the batch "
                             "size {1}");
  }
  if (!op.getLength())
    return;
  checks.requireLessOrEqual(checks.materialize(checks.constant(1)),
                            op.getLength(),
                            "length is {1}, expected at least {0}");
  buildPositionChecks(checks, op, buildSize(checks, op.getInput(), rank - 2));
}
