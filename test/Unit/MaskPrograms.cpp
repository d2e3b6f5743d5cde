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

void MaskProgram::addOperands() {
  auto type =
      RankedTensorType::get({ShapedType::kDynamic}, builder.getI32Type());
  for (unsigned slot = 0; slot < kNumOperands; ++slot)
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
  if (!operands.empty())
    for (const std::vector<int32_t> &operand : scene.operands)
      all.emplace_back(operand.begin(), operand.end());
  evaluator.run(*body, all);
}

IntervalProgram::IntervalProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  MaskIntervalBuilder intervals(builder, builder.getUnknownLoc());
  auto argument = [&]() { return addArgument(builder.getIndexType()); };
  intervals.rowBegin = argument();
  intervals.rowEnd = argument();
  intervals.position = argument();
  intervals.numRows = argument();
  intervals.numCols = argument();
  intervals.batch = argument();
  addOperands();
  intervals.operands = operands;
  mask.buildIntervals(intervals, disjuncts);
  finish();
}

std::vector<Bounds> IntervalProgram::run(const Scene &scene, int64_t rowBegin,
                                         int64_t rowEnd) {
  MaskProgram::run(
      {rowBegin, rowEnd, scene.position, scene.rows, scene.cols, scene.batch},
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

/// Positions that are function arguments: row, position, col, M and N.
class ArgumentPredicate : public MaskPredicateBuilder {
public:
  ArgumentPredicate(OpBuilder &builder, ArrayRef<Value> positions)
      : MaskPredicateBuilder(builder, builder.getUnknownLoc()),
        positions(positions) {}

  Value getRow() override { return positions[0]; }
  Value getPosition() override { return positions[1]; }
  Value getCol() override { return positions[2]; }
  Value getNumRows() override { return positions[3]; }
  Value getNumCols() override { return positions[4]; }

private:
  ArrayRef<Value> positions;
};

/// One pair, which reads the mask operands itself.
class PairPredicate : public ArgumentPredicate {
public:
  PairPredicate(OpBuilder &builder, ArrayRef<Value> positions, Value batch,
                ValueRange operands)
      : ArgumentPredicate(builder, positions), math(builder, loc), batch(batch),
        operands(operands) {}

  Value getConstant(int64_t value) override {
    return math.materialize(math.constant(value));
  }
  Value getBatchElement(unsigned slot) override {
    return buildLoadOfBatch(math, operands[slot], batch);
  }
  std::pair<Value, Value> getSegmentOfRow(unsigned slot) override {
    return buildSegmentAround(math, operands[slot], getRow());
  }
  Value buildForEachPair(PairBody body) override {
    return body(math,
                {batch, batch, getRow(), getPosition(), getCol(), operands});
  }

private:
  IndexMath math;
  Value batch;
  ValueRange operands;
};

/// Lanes of queries, for which lengths and segments are arguments too: slot s
/// has them at 5 + 3 * s.
class LanePredicate : public ArgumentPredicate {
public:
  using ArgumentPredicate::ArgumentPredicate;

  LanePredicate(OpBuilder &builder, ArrayRef<Value> all)
      : ArgumentPredicate(builder, all), all(all) {}

  Value getConstant(int64_t value) override {
    auto type = cast<VectorType>(getRow().getType());
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI64IntegerAttr(value)));
  }
  Value getBatchElement(unsigned slot) override { return all[5 + 3 * slot]; }
  std::pair<Value, Value> getSegmentOfRow(unsigned slot) override {
    return {all[6 + 3 * slot], all[7 + 3 * slot]};
  }
  Value buildForEachPair(PairBody) override {
    llvm_unreachable("no drawn mask is evaluated pair by pair");
  }

private:
  ArrayRef<Value> all;
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
  SmallVector<Value> positions;
  for (int k = 0; k < 5; ++k)
    positions.push_back(addArgument(builder.getIndexType()));
  Value batch = addArgument(builder.getIndexType());
  addOperands();
  PairPredicate predicate(builder, positions, batch, operands);
  result = mask.buildContains(predicate);
  finish();
}

bool PredicateProgram::run(const Scene &scene, int64_t row, int64_t col) {
  MaskProgram::run(
      {row, row + scene.position, col, scene.rows, scene.cols, scene.batch},
      scene);
  return evaluator.get(result).front();
}

LaneProgram::LaneProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  auto type = VectorType::get({kLanes}, builder.getI64Type());
  for (unsigned k = 0; k < 5 + 3 * kNumOperands; ++k)
    positions.push_back(addArgument(type));
  LanePredicate predicate(builder, positions);
  result = mask.buildContains(predicate);
  finish();
}

Numbers LaneProgram::run(const Scene &scene, int64_t firstRow, int64_t col) {
  SmallVector<Numbers> arguments(positions.size());
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    int64_t row = firstRow + lane;
    int64_t values[] = {row, row + scene.position, col, scene.rows, scene.cols};
    for (int k = 0; k < 5; ++k)
      arguments[k].push_back(values[k]);
    for (unsigned slot = 0; slot < kNumOperands; ++slot) {
      const std::vector<int32_t> &operand = scene.operands[slot];
      int64_t last = int64_t(operand.size()) - 1;
      int64_t element = last < 0 ? 0 : operand[std::min(scene.batch, last)];
      int64_t lo = 0, hi = 0;
      for (size_t k = 0; k + 1 < operand.size(); ++k)
        if (operand[k] <= row && row < operand[k + 1]) {
          lo = operand[k];
          hi = operand[k + 1];
        }
      arguments[5 + 3 * slot].push_back(element);
      arguments[6 + 3 * slot].push_back(lo);
      arguments[7 + 3 * slot].push_back(hi);
    }
  }
  evaluator.run(*body, arguments);
  return evaluator.get(result);
}

CheckProgram::CheckProgram(MLIRContext *context, MaskAttrInterface mask)
    : MaskProgram(context) {
  AssertionBuilder checks(builder, builder.getUnknownLoc());
  checks.numRows = addArgument(builder.getIndexType());
  checks.numCols = addArgument(builder.getIndexType());
  addOperands();
  checks.operands = operands;
  mask.buildOperandChecks(checks);
  finish();
}

std::vector<std::string> CheckProgram::run(const Scene &scene) {
  MaskProgram::run({scene.rows, scene.cols}, scene);
  return evaluator.failures;
}
