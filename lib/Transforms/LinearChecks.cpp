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

/// No logarithm is above 0 or NaN: the state would grow without bounds.
static void buildDecayChecks(ShapeCheckBuilder &checks, Value decay) {
  OpBuilder &builder = checks.getBuilder();
  Location loc = checks.getLoc();
  Value zero = checks.materialize(checks.constant(0));
  Value one = checks.materialize(checks.constant(1));
  auto type = cast<RankedTensorType>(decay.getType());
  Value positive = arith::ConstantIndexOp::create(builder, loc, 0);
  // How many there are, counted by nested loops.
  std::function<Value(OpBuilder &, Value, SmallVector<Value>)> count =
      [&](OpBuilder &b, Value sum, SmallVector<Value> place) -> Value {
    if (int64_t(place.size()) == type.getRank()) {
      Value log = tensor::ExtractOp::create(b, loc, decay, place);
      Value limit = arith::ConstantOp::create(
          b, loc, b.getFloatAttr(type.getElementType(), 0));
      Value isAbove =
          arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UGT, log, limit);
      Value more = arith::AddIOp::create(b, loc, sum, one);
      return arith::SelectOp::create(b, loc, isAbove, more, sum);
    }
    Value extent = tensor::DimOp::create(b, loc, decay, place.size());
    auto loop = scf::ForOp::create(
        b, loc, zero, extent, one, sum,
        [&](OpBuilder &body, Location, Value index, ValueRange carried) {
          SmallVector<Value> inner(place);
          inner.push_back(index);
          scf::YieldOp::create(body, loc,
                               ValueRange{count(body, carried[0], inner)});
        });
    return loop.getResult(0);
  };
  checks.requireEqual(
      OpFoldResult(count(builder, positive, {})), checks.constant(0),
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
