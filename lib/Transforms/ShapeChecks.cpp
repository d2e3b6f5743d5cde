//===- ShapeChecks.cpp - run-time rules of ops ----------------------------===//
//
// Builds the rules of each op on extents that only a run knows. In messages,
// {0} and {1} stand for the two values compared, {2} and {3} for where.
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "attn/IR/Windows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

void ShapeCheckBuilder::require(Value condition, ValueRange values,
                                StringRef message) {
  assert(values.size() <= kMessageValues && "a message shows fewer values");
  messages.push_back(message.str());
  Value zero = materialize(constant(0));
  Value number =
      arith::ConstantIntOp::create(builder, loc, messages.size(), 64);
  Value none = arith::ConstantIntOp::create(builder, loc, 0, 64);
  Value seen = memref::LoadOp::create(builder, loc, report, zero);
  Value first =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, seen, none);
  Value holds = arith::ConstantIntOp::create(builder, loc, 1, 1);
  Value fails = arith::XOrIOp::create(builder, loc, condition, holds);
  Value fire = arith::AndIOp::create(builder, loc, first, fails);
  scf::IfOp::create(builder, loc, fire, [&](OpBuilder &b, Location l) {
    SmallVector<Value> words = {number};
    llvm::append_range(words, values);
    for (auto [k, value] : llvm::enumerate(words)) {
      if (isa<IndexType>(value.getType()))
        value = arith::IndexCastOp::create(b, l, b.getI64Type(), value);
      memref::StoreOp::create(
          b, l, value, report,
          arith::ConstantIndexOp::create(b, l, k).getResult());
    }
    scf::YieldOp::create(b, l);
  });
}

void ShapeCheckBuilder::requireLessOrEqual(Value lhs, Value rhs,
                                           StringRef message) {
  require(
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle, lhs, rhs),
      {lhs, rhs}, message);
}

void ShapeCheckBuilder::requireEqual(OpFoldResult lhs, OpFoldResult rhs,
                                     StringRef message) {
  if (lhs == rhs)
    return;
  Value a = materialize(lhs), b = materialize(rhs);
  require(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b),
          {a, b}, message);
}

void ShapeCheckBuilder::requireOneOrEqual(OpFoldResult lhs, OpFoldResult rhs,
                                          StringRef message) {
  if (lhs == rhs || isConstantIntValue(lhs, 1))
    return;
  Value a = materialize(lhs), b = materialize(rhs),
        one = materialize(constant(1));
  Value single =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, one);
  Value equal =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b);
  require(arith::OrIOp::create(builder, loc, single, equal), {a, b}, message);
}

void ShapeCheckBuilder::requireMultiple(OpFoldResult lhs, OpFoldResult rhs,
                                        StringRef message) {
  std::optional<int64_t> x = getConstantIntValue(lhs);
  std::optional<int64_t> y = getConstantIntValue(rhs);
  if (x && y)
    return;
  Value a = materialize(lhs), b = materialize(rhs),
        one = materialize(constant(1));
  // A divisor of zero must be reported, not divided by.
  Value positive =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, b, one);
  Value divisor = arith::MaxSIOp::create(builder, loc, b, one);
  Value rest = arith::RemSIOp::create(builder, loc, a, divisor);
  Value none = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     rest, materialize(constant(0)));
  require(arith::AndIOp::create(builder, loc, positive, none), {a, b}, message);
}

void ShapeCheckBuilder::requireInRange(Value value, Value limit,
                                       std::array<Value, 2> place,
                                       StringRef message) {
  Value low = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                                    value, materialize(constant(0)));
  Value high = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                     value, limit);
  require(arith::AndIOp::create(builder, loc, low, high),
          {value, limit, place[0], place[1]}, message);
}

void ShapeCheckBuilder::buildIfValid(llvm::function_ref<void()> body) {
  Value none = arith::ConstantIntOp::create(builder, loc, 0, 64);
  Value seen =
      memref::LoadOp::create(builder, loc, report, materialize(constant(0)));
  Value valid =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, seen, none);
  auto branch = scf::IfOp::create(builder, loc, valid);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  body();
}

void ShapeCheckBuilder::requirePosition(OpFoldResult value, StringRef message) {
  int64_t most = (int64_t(1) << 31) - 1;
  if (getConstantIntValue(value).value_or(most + 1) <= most)
    return;
  Value limit = materialize(constant(most));
  requireLessOrEqual(materialize(value), limit, message);
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

OpFoldResult attn::buildSize(ShapeCheckBuilder &checks, Value tensor,
                             unsigned dim) {
  return tensor::getMixedSize(checks.getBuilder(), checks.getLoc(), tensor,
                              dim);
}

/// The same, short.
static OpFoldResult size(ShapeCheckBuilder &checks, Value tensor,
                         unsigned dim) {
  return buildSize(checks, tensor, dim);
}

/// A scale for each row of `tensor`, "key" or "value".
static void buildScaleChecks(ShapeCheckBuilder &checks, Value scale,
                             Value tensor, StringRef name) {
  if (!scale)
    return;
  static constexpr StringLiteral names[] = {"batch size {0}", "{0} heads",
                                            "{0} elements a head"};
  static constexpr StringLiteral others[] = {"{1}", "{1}", "{1} rows"};
  unsigned rank = cast<RankedTensorType>(scale.getType()).getRank();
  for (unsigned dim = 0; dim < rank; ++dim) {
    unsigned what = dim + 3 - rank;
    std::string message =
        (name + "_scale has " + names[what] + ", " + name + " has " +
         others[what] + ": expected them to be equal")
            .str();
    checks.requireEqual(size(checks, scale, dim), size(checks, tensor, dim),
                        message);
  }
}

void attn::buildMaskOperandChecks(ShapeCheckBuilder &checks,
                                  ValueRange operands) {
  for (Value operand : operands) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      continue;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      checks.requirePosition(size(checks, operand, dim),
                             "mask operand has {0} elements, expected at most "
                             "{1}");
  }
}

/// What `attn.sdpa` and `attn.weights` share.
static void buildScoreChecks(ShapeCheckBuilder &checks,
                             const ScoreClauses &clauses) {
  unsigned rank = clauses.getQueryType().getRank(), base = rank - 3;
  Value query = clauses.query, key = clauses.key;
  OpFoldResult batches = base ? size(checks, query, 0) : checks.constant(1);
  OpFoldResult heads = size(checks, query, base);
  OpFoldResult rows = size(checks, query, base + 1);
  OpFoldResult cols = size(checks, key, base + 1);
  if (base)
    checks.requireEqual(size(checks, key, 0), batches,
                        "key has batch size {0}, query has {1}: expected them "
                        "to be equal");
  checks.requireMultiple(heads, size(checks, key, base),
                         "query has {0} heads, key has {1}: expected the query "
                         "heads to be a multiple of the key heads");
  checks.requireEqual(size(checks, key, base + 2),
                      size(checks, query, base + 2),
                      "key has width {0}, query has {1}: expected them to be "
                      "equal");
  checks.requirePosition(rows, "query has {0} rows, expected at most {1}");
  checks.requirePosition(cols, "key has {0} rows, expected at most {1}");
  buildScaleChecks(checks, clauses.keyScale, key, "key");
  if (clauses.sink)
    checks.requireEqual(size(checks, clauses.sink, 0), heads,
                        "sink has {0} elements, query has {1} heads: expected "
                        "them to be equal");
  if (clauses.offset)
    checks.requireOneOrEqual(size(checks, clauses.offset, 0), batches,
                             "offset has {0} elements, expected 1 or the batch "
                             "size {1}");
  if (clauses.bias) {
    SmallVector<OpFoldResult> scores;
    if (base)
      scores.push_back(batches);
    scores.append({heads, rows, cols});
    for (unsigned dim = 0; dim < rank; ++dim) {
      std::string message = "bias has extent {0} in dimension " +
                            std::to_string(dim) + ", expected 1 or {1}";
      checks.requireOneOrEqual(size(checks, clauses.bias, dim), scores[dim],
                               message);
    }
  }
  checks.numBatches = batches;
  checks.numHeads = heads;
  checks.numRows = checks.numQueries = rows;
  checks.numCols = cols;
  checks.operands = clauses.maskOperands;
  buildMaskOperandChecks(checks, clauses.maskOperands);
  clauses.mask.buildOperandChecks(checks);
}

static void buildSdpaChecks(ShapeCheckBuilder &checks, SdpaOp op) {
  buildScoreChecks(checks, ScoreClauses::of(op));
  unsigned base = op.hasBatch() ? 1 : 0;
  Value key = op.getKey(), value = op.getValue();
  if (base)
    checks.requireEqual(size(checks, value, 0), size(checks, key, 0),
                        "value has batch size {0}, key has {1}: expected them "
                        "to be equal");
  checks.requireEqual(size(checks, value, base), size(checks, key, base),
                      "value has {0} heads, key has {1}: expected them to be "
                      "equal");
  checks.requireEqual(size(checks, value, base + 1),
                      size(checks, key, base + 1),
                      "value has {0} rows, key has {1}: expected them to be "
                      "equal");
  buildScaleChecks(checks, op.getValueScale(), value, "value");
  buildPageChecks(checks, ScoreClauses::of(op),
                  {key, value, op.getKeyScale(), op.getValueScale()});
}

static void buildWeightsChecks(ShapeCheckBuilder &checks, WeightsOp op) {
  buildScoreChecks(checks, ScoreClauses::of(op));
  buildPageChecks(checks, ScoreClauses::of(op),
                  {op.getKey(), op.getKeyScale()});
}

static void buildMergeChecks(ShapeCheckBuilder &checks, MergeOp op) {
  Value out = op.getOuts().front();
  unsigned rank = cast<RankedTensorType>(out.getType()).getRank();
  for (auto [part, lse] : llvm::zip_equal(op.getOuts(), op.getLses()))
    for (unsigned dim = 0; dim < rank; ++dim) {
      std::string where = " in dimension " + std::to_string(dim);
      checks.requireEqual(size(checks, part, dim), size(checks, out, dim),
                          "a part has extent {0}" + where +
                              ", the first has {1}: expected them to be equal");
      if (dim + 1 < rank)
        checks.requireEqual(size(checks, lse, dim), size(checks, out, dim),
                            "a log-sum-exp has extent {0}" + where +
                                ", the first part has {1}: expected them to be "
                                "equal");
    }
}

static void buildRopeChecks(ShapeCheckBuilder &checks, RopeOp op) {
  unsigned rank = cast<RankedTensorType>(op.getInput().getType()).getRank();
  for (Value table : {op.getCos(), op.getSin()}) {
    checks.requireEqual(size(checks, table, 0),
                        size(checks, op.getInput(), rank - 2),
                        "a table has {0} rows, input has {1}: expected them to "
                        "be equal");
    OpFoldResult width = checks.mul(size(checks, table, 1), 2);
    checks.requireLessOrEqual(
        checks.materialize(width),
        checks.materialize(size(checks, op.getInput(), rank - 1)),
        "the tables rotate {0} elements, input has width {1}: expected no "
        "more");
  }
  checks.requireEqual(size(checks, op.getSin(), 1),
                      size(checks, op.getCos(), 1),
                      "sin has width {0}, cos has {1}: expected them to be "
                      "equal");
}

static void buildLayerChecks(ShapeCheckBuilder &checks, LayerOp op) {
  Value source = op.getMemory() ? op.getMemory() : op.getInput();
  checks.requireEqual(size(checks, op.getInput(), 2),
                      size(checks, op.getWq(), 0),
                      "input has width {0}, wq has {1} rows: expected them to "
                      "be equal");
  checks.requireEqual(size(checks, source, 2), size(checks, op.getWk(), 0),
                      "the source of keys has width {0}, wk has {1} rows: "
                      "expected them to be equal");
  checks.requireEqual(size(checks, source, 2), size(checks, op.getWv(), 0),
                      "the source of values has width {0}, wv has {1} rows: "
                      "expected them to be equal");
  if (op.getMemory())
    checks.requireEqual(size(checks, op.getMemory(), 0),
                        size(checks, op.getInput(), 0),
                        "context has batch size {0}, input has {1}: expected "
                        "them to be equal");
}

/// What a mask asks of the problem that it is mapped for.
static void buildBlockMapChecks(ShapeCheckBuilder &checks, BlockMapOp op) {
  SmallVector<OpFoldResult> extents = op.buildExtents(checks);
  checks.numRows = checks.numQueries = op.getRows();
  checks.numCols = op.getCols();
  checks.numBatches = extents[0];
  checks.numHeads = extents[1];
  checks.requirePosition(checks.numRows,
                         "a block map has {0} queries, expected at most {1}");
  checks.requirePosition(checks.numCols,
                         "a block map has {0} keys, expected at most {1}");
  // Places in lists are numbers of 32 bits, whatever the mask leaves of them.
  auto type = cast<BlocksType>(op.getResult().getType());
  Value most = checks.materialize(checks.constant(1));
  for (OpFoldResult extent :
       {extents[0], extents[1], checks.add(extents[2], -1),
        checks.ceilDiv(op.getCols(), type.getKeyBlock())})
    most = arith::MulIOp::create(checks.getBuilder(), checks.getLoc(), most,
                                 checks.materialize(extent));
  checks.requirePosition(most, "a block map has {0} blocks to list at most, "
                               "expected no more than {1}");
  if (Value offset = op.getOffset())
    checks.requireOneOrEqual(size(checks, offset, 0), extents[0],
                             "offset has {0} elements, expected 1 or the batch "
                             "size {1}");
  buildMaskOperandChecks(checks, op.getMaskOperands());
  checks.operands = op.getMaskOperands();
  op.getMask().buildOperandChecks(checks);
}

/// Scores must be those of the problem, and places in lists fit 32 bits.
static void buildSelectChecks(ShapeCheckBuilder &checks, SelectOp op) {
  SmallVector<OpFoldResult> extents = op.buildScoreExtents(checks);
  OpFoldResult rows = op.getRows(), cols = op.getCols();
  checks.requirePosition(rows,
                         "a selection has {0} queries, expected at most {1}");
  checks.requirePosition(cols,
                         "a selection has {0} keys, expected at most {1}");
  checks.requireMultiple(extents[1], checks.constant(op.getGroup()),
                         "scores have {0} heads, expected a multiple of the "
                         "group of {1}");
  checks.requireEqual(extents[2], checks.ceilDiv(rows, op.getQueryBlock()),
                      "scores have {0} rows of blocks, expected {1} for the "
                      "queries of the selection");
  if (op.getLength())
    checks.requireEqual(
        extents[3],
        buildNumWindows(checks, cols, *op.getLength(), *op.getStride()),
        "scores have {0} compressed keys, expected {1} for the keys of the "
        "selection");
  else
    checks.requireEqual(extents[3], checks.ceilDiv(cols, op.getKeyBlock()),
                        "scores have {0} blocks of keys, expected {1} for the "
                        "keys of the selection");
  // One factor after the other: none of the products leaves 64 bits before it
  // is refused.
  Value room = checks.materialize(op.buildMost(checks));
  for (OpFoldResult extent : {extents[0], op.buildGroups(checks), extents[2]}) {
    room = arith::MulIOp::create(checks.getBuilder(), checks.getLoc(), room,
                                 checks.materialize(extent));
    checks.requirePosition(room, "a selection has {0} blocks to list at most, "
                                 "expected no more than {1}");
  }
  if (!op.getAmong())
    return;
  // Candidates are lists for the same problem.
  checks.numRows = rows;
  checks.numCols = cols;
  checks.numBatches = extents[0];
  checks.numHeads = extents[1];
  checks.operands = OperandRange(op.getAmongMutable());
  BlocksMaskAttr::get(op.getContext(),
                      cast<BlocksType>(op.getAmong().getType()),
                      ArrayRef<unsigned>(0))
      .buildOperandChecks(checks);
}

/// What a mask asks of the problem whose blocks are asked for.
static void buildMaskRunsChecks(ShapeCheckBuilder &checks, MaskRunsOp op) {
  checks.numRows = checks.numQueries = op.getRows();
  checks.numCols = op.getCols();
  checks.numBatches = checks.numHeads = OpFoldResult();
  checks.requirePosition(checks.numRows,
                         "a mask has {0} queries, expected at most {1}");
  checks.requirePosition(checks.numCols,
                         "a mask has {0} keys, expected at most {1}");
  buildMaskOperandChecks(checks, op.getMaskOperands());
  checks.operands = op.getMaskOperands();
  op.getMask().buildOperandChecks(checks);
}

/// What a mask asks of the problem that keys are drawn for.
static void buildRandomLimitsChecks(ShapeCheckBuilder &checks,
                                    RandomLimitsOp op) {
  checks.requirePosition(op.getRows(),
                         "keys are drawn for {0} queries, expected at most "
                         "{1}");
  checks.requirePosition(op.getCols(),
                         "{0} keys are drawn from, expected at most {1}");
  checks.numQueries = op.getRows();
  checks.numRows = checks.ceilDiv(op.getRows(), op.getUnit());
  checks.numCols = checks.ceilDiv(op.getCols(), op.getUnit());
  checks.numBatches = op.getBatches();
  checks.numHeads = op.getHeads();
  if (Value offset = op.getOffset())
    checks.requireOneOrEqual(size(checks, offset, 0), checks.numBatches,
                             "offset has {0} elements, expected 1 or the batch "
                             "size {1}");
  buildMaskOperandChecks(checks, op.getMaskOperands());
  checks.operands = op.getMaskOperands();
  op.getMask().buildOperandChecks(checks);
}

void attn::buildShapeChecks(ShapeCheckBuilder &checks, Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](SdpaOp sdpa) { buildSdpaChecks(checks, sdpa); })
      .Case([&](LinearOp linear) { buildLinearChecks(checks, linear); })
      .Case([&](FeatureMapOp map) { buildFeatureChecks(checks, map); })
      .Case([&](WeightsOp weights) { buildWeightsChecks(checks, weights); })
      .Case([&](PagedViewOp view) { buildCacheChecks(checks, view); })
      .Case([&](KVAppendOp append) { buildCacheChecks(checks, append); })
      .Case([&](BlockMapOp map) { buildBlockMapChecks(checks, map); })
      .Case([&](RandomLimitsOp limits) {
        buildRandomLimitsChecks(checks, limits);
      })
      .Case([&](SelectOp select) { buildSelectChecks(checks, select); })
      .Case([&](CompressOp compress) { buildCompressChecks(checks, compress); })
      .Case<LinformerOp, NystromOp, LatentOp, PinvOp>(
          [&](Operation *lowRank) { buildLowRankChecks(checks, lowRank); })
      .Case([&](MaskRunsOp runs) { buildMaskRunsChecks(checks, runs); })
      .Case([&](MergeOp merge) { buildMergeChecks(checks, merge); })
      .Case([&](RopeOp rope) { buildRopeChecks(checks, rope); })
      .Case([&](LayerOp layer) { buildLayerChecks(checks, layer); });
}
