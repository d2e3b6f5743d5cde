//===- UnnormalizedAttention.cpp - scores that are weights ----------------===//
//
// Rewrites attention without softmax to linear attention: products, times
// powers of i - j, are its scores, and its mask keeps all pairs, or those of a
// query and its past. What only a call knows is asked at run time.
//
//===----------------------------------------------------------------------===//

#include "FormChoice.h"
#include "Reassociation.h"
#include "ScoreDecay.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"
#include <cfloat>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// One op as linear attention.
class LinearForm {
public:
  LinearForm(SdpaOp op, bool isSquare) : op(op), isSquare(isSquare) {}

  /// True if it is; else `why` says what is in the way.
  bool match(std::string &why);

  void rewrite();

private:
  bool matchLengths(std::string &why);
  bool matchDecay(std::string &why);
  RankedTensorType typeOf(Value value) {
    return cast<RankedTensorType>(value.getType());
  }
  int64_t extentOf(Value value, unsigned fromBack) {
    return typeOf(value).getDimSize(typeOf(value).getRank() - fromBack);
  }
  /// `condition`, and that the logarithms `logs` are finite and at most 0.
  Value buildCheckOfLogs(OpBuilder &builder, Value condition, Value logs);

  SdpaOp op;
  bool isSquare, isCausal = false;
  double scale = 1;
  std::optional<ScoreDecay> decay;
  /// Logarithms of decays, where they are known.
  std::optional<SmallVector<double>> logs;
  /// What is left to run time.
  bool asksLengths = false, asksCost = false, asksLogs = false;
};

} // namespace

bool LinearForm::match(std::string &why) {
  auto refuse = [&](StringRef reason) {
    why = reason.str();
    return false;
  };
  if (op.getSoftcapAttr() || op.getBias())
    return refuse("scores are no products of queries and keys alone");
  if (op.getKeyScale() || op.getValueScale())
    return refuse("keys or values are quantised");
  for (Value operand : {op.getQuery(), op.getKey(), op.getValue()})
    if (ShapedType::isDynamic(extentOf(operand, 3)) ||
        ShapedType::isDynamic(extentOf(operand, 1)))
      return refuse("heads and widths are not static");
  isCausal = isa<CausalMaskAttr>(op.getMask());
  if (!isCausal && !isa<FullMaskAttr>(op.getMask()))
    return refuse("the mask is neither full nor causal");
  scale = op.getScaleOrDefault();
  return matchDecay(why) && matchLengths(why);
}

bool LinearForm::matchDecay(std::string &why) {
  if (op.getScore().empty())
    return true;
  decay = ScoreDecay::match(op.getScore(), why);
  if (!decay)
    return false;
  scale *= decay->getScale();
  if (decay->isConstantOne()) {
    decay.reset();
    return true;
  }
  if (!isCausal) {
    why = "powers of i - j without a causal mask grow for the future";
    return false;
  }
  logs = decay->getLogs(extentOf(op.getQuery(), 3));
  asksLogs = !logs;
  if (asksLogs)
    return true;
  for (auto [head, log] : llvm::enumerate(*logs))
    if (!(log <= 0) || !std::isfinite(log)) {
      why = llvm::formatv("the score of head {0} is times exp({1} (i - j)), "
                          "expected a finite exponent of at most 0",
                          head, log);
      return false;
    }
  return true;
}

bool LinearForm::matchLengths(std::string &why) {
  int64_t rows = extentOf(op.getQuery(), 2), cols = extentOf(op.getKey(), 2);
  bool isKnown = !ShapedType::isDynamic(rows) && !ShapedType::isDynamic(cols);
  if (isCausal) {
    bool isEither =
        !ShapedType::isDynamic(rows) || !ShapedType::isDynamic(cols);
    if (op.getOffset()) {
      why = "query i does not stand at key i";
      return false;
    }
    isSquare |= op.getQuery() == op.getKey() || (isKnown && rows == cols);
    // One known length is that of a decoding step, or of a fixed context.
    if (!isSquare && isEither) {
      why = "query i does not stand at key i";
      return false;
    }
    asksLengths = !isSquare;
    return true;
  }
  asksCost = !isKnown;
  if (asksCost)
    return true;
  int64_t width = extentOf(op.getQuery(), 1), wide = extentOf(op.getValue(), 1);
  if (double(rows) * cols * (width + wide) > double(rows + cols) * width * wide)
    return true;
  why = "(Q K^T) V takes no more multiplications than Q (K^T V)";
  return false;
}

Value LinearForm::buildCheckOfLogs(OpBuilder &builder, Value condition,
                                   Value logs) {
  Location loc = op.getLoc();
  FloatType element = op.getAccumulatorType();
  Value zero = buildFloat(builder, loc, element, 0);
  Value least = buildFloat(builder, loc, element, -FLT_MAX);
  for (int64_t head = 0; head < extentOf(op.getQuery(), 3); ++head) {
    Value place = arith::ConstantIndexOp::create(builder, loc, head);
    Value log = tensor::ExtractOp::create(builder, loc, logs, place);
    // Comparisons with NaN are false.
    Value isAtMost = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OLE, log, zero);
    Value isFinite = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OGE, log, least);
    Value both = arith::AndIOp::create(builder, loc, isAtMost, isFinite);
    condition =
        condition ? arith::AndIOp::create(builder, loc, condition, both) : both;
  }
  return condition;
}

void LinearForm::rewrite() {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  FloatType element = op.getAccumulatorType();
  int64_t heads = extentOf(op.getQuery(), 3);
  unsigned rank = typeOf(op.getQuery()).getRank();
  std::string text = "attention without softmax becomes linear attention";
  if (isCausal)
    text += ", causal";
  Value logsOfHeads;
  if (logs) {
    SmallVector<Attribute> numbers;
    for (double log : *logs)
      numbers.push_back(builder.getFloatAttr(element, log));
    logsOfHeads = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get(heads, element), numbers));
  } else if (decay) {
    logsOfHeads = decay->buildLogs(builder, loc, heads, element);
  }
  if (logsOfHeads)
    text += ", with a constant decay";
  auto build = [&]() -> SmallVector<Value> {
    return {LinearOp::create(
                builder, loc, TypeRange(op.getOut().getType()), op.getQuery(),
                op.getKey(), op.getValue(), logsOfHeads, /*beta=*/Value(),
                /*state=*/Value(), /*docs=*/Value(),
                isCausal ? builder.getUnitAttr() : UnitAttr(),
                /*delta=*/UnitAttr(), /*normalize=*/UnitAttr(),
                builder.getF64FloatAttr(scale), /*eps=*/FloatAttr(),
                /*schedule=*/ScheduleAttr(), /*few=*/ScheduleAttr())
                .getOut()};
  };
  Value condition;
  OpFoldResult rows =
                   tensor::getMixedSize(builder, loc, op.getQuery(), rank - 2),
               cols = tensor::getMixedSize(builder, loc, op.getKey(), rank - 2);
  if (asksLengths) {
    condition =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              math.materialize(rows), math.materialize(cols));
    text += ", where queries are as many as keys";
  }
  if (asksCost) {
    OpFoldResult width = math.constant(extentOf(op.getQuery(), 1)),
                 wide = math.constant(extentOf(op.getValue(), 1));
    FormCost before = {{rows, cols, math.add(width, wide)}};
    FormCost after = {{math.add(rows, cols), width, wide}};
    Value more = before.build(builder, loc), fewer = after.build(builder, loc);
    condition = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                      more, fewer);
    text += ", where Q (K^T V) takes fewer multiplications";
  }
  if (asksLogs) {
    condition = buildCheckOfLogs(builder, condition, logsOfHeads);
    text += std::string(asksLengths ? " and" : ", where") +
            " no power of i - j grows";
  }
  noteReassociation(op, true, text);
  SmallVector<Value> results;
  if (condition) {
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, op.getQuery());
    sizes.back() = math.constant(extentOf(op.getValue(), 1));
    results = buildFormChoice(
        builder, loc, condition, {sizes}, op.getOut().getType(),
        [&](unsigned form) -> SmallVector<Value> {
          return form == 0 ? build()
                           : SmallVector<Value>{
                                 cast<SdpaOp>(builder.clone(*op)).getOut()};
        });
  } else {
    results = build();
  }
  op.getOut().replaceAllUsesWith(results.front());
  op.erase();
}

bool attn::reassociateUnnormalized(SdpaOp op, bool isStrict, bool isSquare) {
  std::string why;
  LinearForm form(op, isSquare);
  bool fits = form.match(why);
  if (fits && isStrict)
    why = "fp is strict";
  if (!fits || isStrict) {
    noteReassociation(op, false,
                      "attention without softmax stays as it is: " + why);
    return false;
  }
  form.rewrite();
  return true;
}
