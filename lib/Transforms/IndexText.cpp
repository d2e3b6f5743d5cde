//===- IndexText.cpp - index arithmetic in words --------------------------===//
//
// Prints affine.apply, affine.min, affine.max and selects between two bounds;
// anything else is printed as "run-time value".
//
//===----------------------------------------------------------------------===//

#include "IndexText.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

std::string IndexText::print(OpFoldResult value) const {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return std::to_string(*constant);
  budget = kMostValues;
  std::string text = print(cast<Value>(value));
  return text.size() > kMostCharacters ? "…" : text;
}

std::string IndexText::print(Value value) const {
  if (auto found = names.find(value); found != names.end())
    return found->second;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return std::to_string(*constant);
  if (budget == 0)
    return "…";
  --budget;
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>())
    return printMap(apply.getAffineMap(), apply.getMapOperands());
  if (auto least = value.getDefiningOp<affine::AffineMinOp>())
    return "min(" + printMap(least.getAffineMap(), least.getOperands()) + ")";
  if (auto most = value.getDefiningOp<affine::AffineMaxOp>())
    return "max(" + printMap(most.getAffineMap(), most.getOperands()) + ")";
  if (auto select = value.getDefiningOp<arith::SelectOp>()) {
    auto compare = select.getCondition().getDefiningOp<arith::CmpIOp>();
    if (compare && compare.getPredicate() == arith::CmpIPredicate::slt)
      return "(" + print(compare.getLhs()) + " < " + print(compare.getRhs()) +
             " ? " + print(select.getTrueValue()) + " : " +
             print(select.getFalseValue()) + ")";
  }
  return "run-time value";
}

std::string IndexText::printMap(AffineMap map, ValueRange operands) const {
  std::string text;
  for (AffineExpr expr : map.getResults())
    text += (text.empty() ? "" : ", ") +
            print(expr, operands, map.getNumDims(), /*tight=*/false);
  return text;
}

/// A sum, with its negative terms subtracted.
std::string IndexText::printSum(AffineExpr expr, ValueRange operands,
                                unsigned numDims, bool tight) const {
  SmallVector<AffineExpr> terms;
  std::function<void(AffineExpr)> flatten = [&](AffineExpr e) {
    auto sum = dyn_cast<AffineBinaryOpExpr>(e);
    if (sum && sum.getKind() == AffineExprKind::Add) {
      flatten(sum.getLHS());
      flatten(sum.getRHS());
    } else {
      terms.push_back(e);
    }
  };
  flatten(expr);
  auto isNegative = [](AffineExpr e) {
    if (auto constant = dyn_cast<AffineConstantExpr>(e))
      return constant.getValue() < 0;
    auto product = dyn_cast<AffineBinaryOpExpr>(e);
    if (!product || product.getKind() != AffineExprKind::Mul)
      return false;
    auto factor = dyn_cast<AffineConstantExpr>(product.getRHS());
    return factor && factor.getValue() < 0;
  };
  std::string text;
  for (bool negative : {false, true})
    for (AffineExpr term : terms) {
      if (isNegative(term) != negative)
        continue;
      std::string one =
          print(negative ? -term : term, operands, numDims, /*tight=*/true);
      if (text.empty())
        text = (negative ? "-" : "") + one;
      else
        text += (negative ? " - " : " + ") + one;
    }
  return tight ? "(" + text + ")" : text;
}

std::string IndexText::print(AffineExpr expr, ValueRange operands,
                             unsigned numDims, bool tight) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return print(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return print(operands[numDims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (binary.getKind() == AffineExprKind::Add)
    return printSum(expr, operands, numDims, tight);
  std::string lhs = print(binary.getLHS(), operands, numDims, true);
  std::string rhs = print(binary.getRHS(), operands, numDims, true);
  switch (binary.getKind()) {
  case AffineExprKind::Mul:
    return rhs + " * " + lhs;
  case AffineExprKind::Mod:
    return lhs + " mod " + rhs;
  case AffineExprKind::CeilDiv:
    return "ceil(" + lhs + " / " + rhs + ")";
  default:
    return lhs + " / " + rhs;
  }
}
