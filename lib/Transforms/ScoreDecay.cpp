//===- ScoreDecay.cpp - score programs that decay -------------------------===//
//
// Recognises s * scale * g^(i - j) in a score program, written as a power or as
// an exponential, with g a number, an operand read at the head, or any code of
// the head's number.
//
//===----------------------------------------------------------------------===//

#include "ScoreDecay.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Arguments of a score program: s, b, h, i, j.
static constexpr unsigned kScore = 0, kHead = 2, kRow = 3, kColumn = 4;

std::optional<ScoreDecay> ScoreDecay::match(Region &program, std::string &why) {
  ScoreDecay result(program.front());
  if (result.addFactor(program.front().getTerminator()->getOperand(0), false) &&
      result.numScores == 1)
    return result;
  why = "the score program is not the score times a number and powers of "
        "i - j whose bases depend on the head alone";
  return std::nullopt;
}

bool ScoreDecay::addFactor(Value value, bool isInverse) {
  if (value == program->getArgument(kScore)) {
    ++numScores;
    return !isInverse;
  }
  APFloat number(0.0);
  if (matchPattern(value, m_ConstantFloat(&number))) {
    double factor = number.convertToDouble();
    scale *= isInverse ? 1 / factor : factor;
    return std::isfinite(scale);
  }
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<arith::MulFOp>(op))
    return addFactor(op->getOperand(0), isInverse) &&
           addFactor(op->getOperand(1), isInverse);
  if (isa_and_nonnull<arith::DivFOp>(op))
    return addFactor(op->getOperand(0), isInverse) &&
           addFactor(op->getOperand(1), !isInverse);
  Power power{isInverse ? -1.0 : 1.0, {}};
  if (isa_and_nonnull<math::ExpOp, math::Exp2Op>(op)) {
    if (!addExponent(op->getOperand(0), power))
      return false;
    if (isa<math::Exp2Op>(op))
      power.sign *= M_LN2;
  } else if (isa_and_nonnull<math::PowFOp, math::FPowIOp>(op)) {
    int sign = matchDistance(op->getOperand(1));
    if (sign == 0 || !isPerHead(op->getOperand(0)))
      return false;
    power.sign *= sign;
    power.rates.push_back({op->getOperand(0), /*isLog=*/true, false});
  } else {
    return false;
  }
  powers.push_back(power);
  return true;
}

bool ScoreDecay::addExponent(Value value, Power &power) {
  if (int sign = matchDistance(value)) {
    power.sign *= sign;
    return true;
  }
  if (auto negated = value.getDefiningOp<arith::NegFOp>()) {
    power.sign = -power.sign;
    return addExponent(negated.getOperand(), power);
  }
  if (auto quotient = value.getDefiningOp<arith::DivFOp>()) {
    if (!isPerHead(quotient.getRhs()))
      return false;
    power.rates.push_back({quotient.getRhs(), false, /*isInverse=*/true});
    return addExponent(quotient.getLhs(), power);
  }
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (!product)
    return false;
  bool isFirst = isPerHead(product.getLhs());
  if (!isFirst && !isPerHead(product.getRhs()))
    return false;
  power.rates.push_back(
      {isFirst ? product.getLhs() : product.getRhs(), false, false});
  return addExponent(isFirst ? product.getRhs() : product.getLhs(), power);
}

Value ScoreDecay::getIndex(Value value) const {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::SIToFPOp,
             arith::UIToFPOp>(op))
      return nullptr;
    value = op->getOperand(0);
  }
  return value == program->getArgument(kRow) ||
                 value == program->getArgument(kColumn)
             ? value
             : Value();
}

int ScoreDecay::matchDistance(Value value) const {
  // Unsigned conversions of a difference are none of the difference.
  while (auto cast = value.getDefiningOp()) {
    if (!isa<arith::IndexCastOp, arith::SIToFPOp>(cast))
      break;
    value = cast->getOperand(0);
  }
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::SubIOp, arith::SubFOp>(op))
    return 0;
  Value lhs = getIndex(op->getOperand(0)), rhs = getIndex(op->getOperand(1));
  if (!lhs || !rhs || lhs == rhs)
    return 0;
  return lhs == program->getArgument(kRow) ? 1 : -1;
}

bool ScoreDecay::isPerHead(Value value) const {
  if (value.getParentBlock() != program)
    return true;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getArgNumber() == kHead;
  return llvm::all_of(value.getDefiningOp()->getOperands(),
                      [&](Value operand) { return isPerHead(operand); });
}

Attribute ScoreDecay::evaluate(Value value, int64_t head) const {
  if (value == program->getArgument(kHead))
    return IntegerAttr::get(value.getType(), head);
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != program || op->getNumResults() != 1)
    return nullptr;
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(evaluate(operand, head));
    if (!operands.back())
      return nullptr;
  }
  SmallVector<OpFoldResult> folded;
  if (failed(op->fold(operands, folded)) || folded.size() != 1)
    return nullptr;
  // x - 0 folds to x itself.
  if (auto same = dyn_cast<Value>(folded.front()))
    return evaluate(same, head);
  return cast<Attribute>(folded.front());
}

std::optional<SmallVector<double>> ScoreDecay::getLogs(int64_t heads) const {
  SmallVector<double> logs;
  for (int64_t head = 0; head < heads; ++head) {
    double sum = 0;
    for (const Power &power : powers) {
      double product = power.sign;
      for (const Rate &rate : power.rates) {
        auto number = dyn_cast_or_null<FloatAttr>(evaluate(rate.value, head));
        if (!number)
          return std::nullopt;
        double value = number.getValueAsDouble();
        if (rate.isLog)
          value = std::log(value);
        product *= rate.isInverse ? 1 / value : value;
      }
      sum += product;
    }
    logs.push_back(sum);
  }
  return logs;
}

Value ScoreDecay::clone(OpBuilder &builder, Value value, Value head) const {
  if (value.getParentBlock() != program)
    return value;
  if (isa<BlockArgument>(value))
    return head;
  Operation *op = value.getDefiningOp();
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, clone(builder, operand, head));
  Operation *copy = builder.clone(*op, mapping);
  return copy->getResult(cast<OpResult>(value).getResultNumber());
}

Value ScoreDecay::buildLogs(OpBuilder &builder, Location loc, int64_t heads,
                            FloatType element) const {
  SmallVector<OpFoldResult> sizes = {builder.getIndexAttr(heads)};
  return TensorLoops(builder, loc)
      .map(sizes, element, {},
           [&](OpBuilder &nested, Location place,
               ValueRange) -> SmallVector<Value> {
             Value head = linalg::IndexOp::create(nested, place, 0);
             Value sum = buildFloat(nested, place, element, 0);
             for (const Power &power : powers) {
               Value product = buildFloat(nested, place, element, power.sign);
               for (const Rate &rate : power.rates) {
                 Value value = buildFloatCast(
                     nested, place, clone(nested, rate.value, head), element);
                 if (rate.isLog)
                   value = math::LogOp::create(nested, place, value);
                 if (rate.isInverse)
                   product =
                       arith::DivFOp::create(nested, place, product, value);
                 else
                   product =
                       arith::MulFOp::create(nested, place, product, value);
               }
               sum = arith::AddFOp::create(nested, place, sum, product);
             }
             return {sum};
           });
}
