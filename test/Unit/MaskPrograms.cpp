//===- MaskPrograms.cpp - what masks build, ready to be evaluated ---------===//
//
// Implements the programs.
//
//===----------------------------------------------------------------------===//

#include "MaskPrograms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;

MaskProgram::MaskProgram(MLIRContext *context) : builder(context) {
  Location loc = builder.getUnknownLoc();
  module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(module->getBody());
  auto function = func::FuncOp::create(builder, loc, "program",
                                       builder.getFunctionType({}, {}));
  body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
}

Value MaskProgram::addArgument(Type type) {
  return body->addArgument(type, builder.getUnknownLoc());
}

SmallVector<Type> getOperandTypes(MaskAttrInterface mask) {
  constexpr int64_t dynamic = ShapedType::kDynamic;
  Builder builder(mask.getContext());
  SmallVector<Type> types(
      kNumOperands, RankedTensorType::get({dynamic}, builder.getI32Type()));
  mask.renumberSlots([&](unsigned slot) {
    // Limits are those of one batch element and one head.
    while (types.size() <= slot)
      types.push_back(
          RankedTensorType::get({1, 1, dynamic}, builder.getI64Type()));
    return slot;
  });
  return types;
}

void MaskProgram::addOperands(MaskAttrInterface mask) {
  for (Type type : getOperandTypes(mask))
    operands.push_back(addArgument(type));
}

void MaskProgram::finish() {
  func::ReturnOp::create(builder, builder.getUnknownLoc());
  auto function = cast<func::FuncOp>(body->getParentOp());
  function.setType(builder.getFunctionType(body->getArgumentTypes(), {}));
  if (failed(verify(*module))) {
    llvm::errs() << "a mask built IR that is not valid\n" << *module;
    std::exit(1);
  }
  // The return itself computes nothing.
  body->getTerminator()->erase();
}

void MaskProgram::run(std::vector<int64_t> arguments, const Scene &scene) {
  SmallVector<Numbers> all;
  for (int64_t argument : arguments)
    all.push_back({argument});
  if (!operands.empty()) {
    for (const std::vector<int32_t> &operand : scene.operands)
      all.emplace_back(operand.begin(), operand.end());
    // Those that the mask names: a simpler one may name fewer.
    for (size_t k = 0; k + kNumOperands < operands.size(); ++k)
      all.emplace_back(scene.limits[k].begin(), scene.limits[k].end());
  }
  evaluator.run(*body, all);
}

IntervalProgram::IntervalProgram(MLIRContext *context, MaskAttrInterface mask,
                                 bool ofRange)
    : MaskProgram(context) {
  MaskIntervalBuilder intervals(builder, builder.getUnknownLoc());
  auto argument = [&]() { return addArgument(builder.getIndexType()); };
  intervals.rowBegin = argument();
  intervals.rowEnd = argument();
  intervals.position = argument();
  intervals.numRows = argument();
  intervals.numCols = argument();
  intervals.batch = argument();
  intervals.head = argument();
  intervals.numHeads = argument();
  OpFoldResult colBegin = argument(), colEnd = argument();
  if (ofRange) {
    intervals.colBegin = colBegin;
    intervals.colEnd = colEnd;
  }
  addOperands(mask);
  intervals.operands = operands;
  mask.buildIntervals(intervals, disjuncts);
  finish();
}

std::vector<Bounds> IntervalProgram::run(const Scene &scene, int64_t rowBegin,
                                         int64_t rowEnd, KeyRange keys) {
  MaskProgram::run({rowBegin, rowEnd, scene.position, scene.rows, scene.cols,
                    scene.batch, scene.head, scene.numHeads, keys.begin,
                    keys.end},
                   scene);
  std::vector<Bounds> result;
  for (const MaskDisjunct &d : disjuncts)
    result.push_back({evaluator.get(d.mayLo), evaluator.get(d.mayHi),
                      evaluator.get(d.mustLo), evaluator.get(d.mustHi)});
  return result;
}

std::optional<std::vector<Bounds>>
foldIntervals(MLIRContext *context, MaskAttrInterface mask, const Scene &scene,
              int64_t rowBegin, int64_t rowEnd) {
  // Whatever is built in vain goes with this block.
  Block block;
  OpBuilder builder(context);
  builder.setInsertionPointToStart(&block);
  MaskIntervalBuilder intervals(builder, builder.getUnknownLoc());
  intervals.rowBegin = builder.getIndexAttr(rowBegin);
  intervals.rowEnd = builder.getIndexAttr(rowEnd);
  intervals.position = builder.getIndexAttr(scene.position);
  intervals.numRows = builder.getIndexAttr(scene.rows);
  intervals.numCols = builder.getIndexAttr(scene.cols);
  intervals.head = builder.getIndexAttr(scene.head);
  intervals.numHeads = builder.getIndexAttr(scene.numHeads);
  SmallVector<MaskDisjunct> disjuncts;
  mask.buildIntervals(intervals, disjuncts);
  std::vector<Bounds> result;
  for (const MaskDisjunct &d : disjuncts) {
    std::optional<int64_t> mayLo = getConstantIntValue(d.mayLo);
    std::optional<int64_t> mayHi = getConstantIntValue(d.mayHi);
    std::optional<int64_t> mustLo = getConstantIntValue(d.mustLo);
    std::optional<int64_t> mustHi = getConstantIntValue(d.mustHi);
    if (!mayLo || !mayHi || !mustLo || !mustHi)
      return std::nullopt;
    result.push_back({*mayLo, *mayHi, *mustLo, *mustHi});
  }
  return result;
}

namespace {

/// The arguments of a program that evaluates a predicate, in their order.
struct Place {
  explicit Place(llvm::function_ref<Value()> argument)
      : row(argument()), position(argument()), col(argument()),
        numRows(argument()), numCols(argument()), batch(argument()),
        head(argument()) {}

  Value row, position, col, numRows, numCols, batch, head;
};

/// One pair, which reads the mask operands itself.
class PairPredicate : public MaskPredicateBuilder {
public:
  PairPredicate(OpBuilder &builder, const Place &place, ValueRange operands)
      : MaskPredicateBuilder(builder, builder.getUnknownLoc()),
        math(builder, loc), place(place), operands(operands) {}

  Value getRow() override { return place.row; }
  Value getPosition() override { return place.position; }
  Value getCol() override { return place.col; }
  Value getNumRows() override { return place.numRows; }
  Value getNumCols() override { return place.numCols; }
  Value getHead() override { return place.head; }
  Value getConstant(int64_t value) override {
    return math.materialize(math.constant(value));
  }
  Value getBatchElement(unsigned slot) override {
    return buildLoadOfBatch(math, operands[slot], place.batch);
  }
  std::pair<Value, Value> buildSegment(unsigned slot,
                                       QueryPlace query) override {
    return buildSegmentAround(
        math, operands[slot],
        math.materialize(query(math, place.row, place.position)));
  }
  Value buildQueryElement(unsigned slot, QueryPlace query) override {
    return buildLoadIndex(math, operands[slot],
                          query(math, place.row, place.position));
  }
  Value buildKeyElement(unsigned slot, KeyPlace key) override {
    return buildLoadIndex(math, operands[slot], key(math, place.col));
  }
  Value buildForEachPair(PairBody body) override {
    return body(math, {place.batch, place.head, place.row, place.position,
                       place.col, operands, place.row});
  }
  Value buildCall(FlatSymbolRefAttr, ArrayRef<unsigned>, Value,
                  Value) override {
    llvm_unreachable("no drawn mask has code of its own");
  }
  SmallVector<Value> buildForEachQuery(unsigned, QueryBody body) override {
    return body(math, {place.batch, place.head, place.row, place.position,
                       Value(), operands, place.row});
  }

private:
  IndexMath math;
  const Place &place;
  ValueRange operands;
};

/// Lanes of queries at one key, in 32 bits: the first one's row is that of the
/// place, whose position is how far positions are from rows. What operands hold
/// is read lane by lane.
class LanePredicate : public MaskPredicateBuilder {
public:
  LanePredicate(OpBuilder &builder, const Place &place, ValueRange operands)
      : MaskPredicateBuilder(builder, builder.getUnknownLoc()),
        math(builder, loc), place(place), operands(operands) {}

  Value getRow() override {
    return buildLanes([&](OpFoldResult row) { return row; });
  }
  Value getPosition() override {
    return buildLanes(
        [&](OpFoldResult row) { return math.add(row, place.position); });
  }
  Value getCol() override { return splat(place.col); }
  Value getNumRows() override { return splat(place.numRows); }
  Value getNumCols() override { return splat(place.numCols); }
  Value getHead() override { return splat(place.head); }
  Value getConstant(int64_t value) override {
    return splat(
        math.constant(std::clamp<int64_t>(value, INT32_MIN, INT32_MAX)));
  }
  Value getBatchElement(unsigned slot) override {
    return splat(buildLoadOfBatch(math, operands[slot], place.batch));
  }
  std::pair<Value, Value> buildSegment(unsigned slot,
                                       QueryPlace query) override {
    auto build = [&](bool upper) {
      return buildLanes([&](OpFoldResult row) -> OpFoldResult {
        auto [lo, hi] = buildSegmentAround(
            math, operands[slot], math.materialize(buildPlace(query, row)));
        return upper ? hi : lo;
      });
    };
    Value lo = build(false);
    return {lo, build(true)};
  }
  Value buildQueryElement(unsigned slot, QueryPlace query) override {
    return buildLanes([&](OpFoldResult row) -> OpFoldResult {
      return buildLoadIndex(math, operands[slot], buildPlace(query, row));
    });
  }
  Value buildKeyElement(unsigned slot, KeyPlace key) override {
    return splat(buildLoadIndex(math, operands[slot], key(math, place.col)));
  }
  Value buildForEachPair(PairBody) override {
    llvm_unreachable("no drawn mask is evaluated pair by pair");
  }
  Value buildCall(FlatSymbolRefAttr, ArrayRef<unsigned>, Value,
                  Value) override {
    llvm_unreachable("no drawn mask has code of its own");
  }
  SmallVector<Value> buildForEachQuery(unsigned count,
                                       QueryBody body) override {
    SmallVector<Value> parts(count);
    SmallVector<SmallVector<Value>> lanes;
    OpFoldResult last = math.add(place.numRows, -1);
    for (int64_t lane = 0; lane < LaneProgram::kLanes; ++lane) {
      Value row = math.materialize(math.min(math.add(place.row, lane), last));
      Value position = math.materialize(math.add(row, place.position));
      lanes.push_back(body(math, {place.batch, place.head, row, position,
                                  Value(), operands, row}));
    }
    auto type = VectorType::get({LaneProgram::kLanes}, builder.getI64Type());
    for (unsigned part = 0; part < count; ++part) {
      SmallVector<Value> elements;
      for (const SmallVector<Value> &lane : lanes)
        elements.push_back(lane[part]);
      parts[part] =
          vector::FromElementsOp::create(builder, loc, type, elements);
    }
    return parts;
  }

private:
  /// Lanes beyond the last query read what belongs to it.
  OpFoldResult buildPlace(QueryPlace query, OpFoldResult row) {
    OpFoldResult last = math.add(place.numRows, -1);
    row = math.min(row, last);
    return query(math, row, math.add(row, place.position));
  }

  Value buildLanes(llvm::function_ref<OpFoldResult(OpFoldResult)> build) {
    SmallVector<Value> lanes;
    for (int64_t lane = 0; lane < LaneProgram::kLanes; ++lane) {
      Value wide = math.materialize(build(math.add(place.row, lane)));
      lanes.push_back(
          arith::IndexCastOp::create(builder, loc, builder.getI32Type(), wide));
    }
    return vector::FromElementsOp::create(
        builder, loc,
        VectorType::get({LaneProgram::kLanes}, builder.getI32Type()), lanes);
  }

  Value splat(OpFoldResult value) {
    return buildLanes([&](OpFoldResult) { return value; });
  }

  IndexMath math;
  const Place &place;
  ValueRange operands;
};

/// Checks as assertions, whose messages are complete once evaluated.
class AssertionBuilder : public MaskCheckBuilder {
public:
  using MaskCheckBuilder::MaskCheckBuilder;

  void requireLessOrEqual(Value lhs, Value rhs, StringRef message) override {
    Value holds = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle,
                                        lhs, rhs);
    cf::AssertOp::create(builder, loc, holds, message);
  }
};

} // namespace

PredicateProgram::PredicateProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  Place place([&]() { return addArgument(builder.getIndexType()); });
  addOperands(mask);
  PairPredicate predicate(builder, place, operands);
  result = mask.buildContains(predicate);
  finish();
}

bool PredicateProgram::run(const Scene &scene, int64_t row, int64_t col) {
  MaskProgram::run({row, row + scene.position, col, scene.rows, scene.cols,
                    scene.batch, scene.head},
                   scene);
  return evaluator.get(result).front();
}

LaneProgram::LaneProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  Place place([&]() { return addArgument(builder.getIndexType()); });
  addOperands(mask);
  LanePredicate predicate(builder, place, operands);
  result = mask.buildContains(predicate);
  finish();
}

Numbers LaneProgram::run(const Scene &scene, int64_t firstRow, int64_t col) {
  MaskProgram::run({firstRow, scene.position, col, scene.rows, scene.cols,
                    scene.batch, scene.head},
                   scene);
  return evaluator.get(result);
}

CheckProgram::CheckProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  AssertionBuilder checks(builder, builder.getUnknownLoc());
  checks.numRows = addArgument(builder.getIndexType());
  checks.numCols = addArgument(builder.getIndexType());
  addOperands(mask);
  checks.operands = operands;
  mask.buildOperandChecks(checks);
  finish();
}

std::vector<std::string> CheckProgram::run(const Scene &scene) {
  MaskProgram::run({scene.rows, scene.cols}, scene);
  return evaluator.failures;
}
