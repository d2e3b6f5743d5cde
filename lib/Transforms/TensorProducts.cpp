//===- TensorProducts.cpp - products of matrices in linalg ----------------===//
//
// Recognises products of matrices whatever op they are written with, and
// factors between them: a constant, a constant matrix that is a triangle of
// equal numbers or of powers, and a choice by comparing indices.
//
//===----------------------------------------------------------------------===//

#include "TensorProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Elements of a constant matrix that are looked at, at most.
static constexpr int64_t kMostElements = int64_t(1) << 24;

static bool isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs().front(), m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

bool attn::startsAtZero(Operation *op) {
  return isZero(cast<linalg::LinalgOp>(op).getDpsInitOperand(0)->get());
}

std::optional<TensorProduct> attn::matchProduct(Value value, std::string &why) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !linalg::isaContractionOpInterface(op) ||
      !op.hasPureTensorSemantics())
    return std::nullopt;
  FailureOr<linalg::ContractionDimensions> dims =
      linalg::inferContractionDims(op);
  unsigned rank = cast<RankedTensorType>(value.getType()).getRank();
  if (failed(dims) || dims->m.size() != 1 || dims->n.size() != 1 ||
      dims->k.size() != 1 || dims->batch.size() + 2 != rank) {
    why = "a contraction is no product of matrices";
    return std::nullopt;
  }
  if (!startsAtZero(op)) {
    why = "a product is added to a tensor that is not 0";
    return std::nullopt;
  }
  auto mapOf = [&](unsigned row, unsigned column) {
    SmallVector<AffineExpr> exprs;
    for (unsigned dim : dims->batch)
      exprs.push_back(getAffineDimExpr(dim, op->getContext()));
    exprs.push_back(getAffineDimExpr(row, op->getContext()));
    exprs.push_back(getAffineDimExpr(column, op->getContext()));
    return AffineMap::get(op.getNumLoops(), 0, exprs, op->getContext());
  };
  unsigned m = dims->m[0], n = dims->n[0], k = dims->k[0];
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  bool isTransposed = maps[1] == mapOf(n, k);
  if (maps[0] != mapOf(m, k) || maps[2] != mapOf(m, n) ||
      (!isTransposed && maps[1] != mapOf(k, n))) {
    why = "dimensions of a product are in another order";
    return std::nullopt;
  }
  return TensorProduct{op, op.getDpsInputOperand(0)->get(),
                       op.getDpsInputOperand(1)->get(), isTransposed};
}

/// A constant number, or a tensor of one.
static std::optional<double> matchNumber(Value value) {
  FloatAttr number;
  if (matchPattern(value, m_Constant(&number)))
    return number.getValueAsDouble();
  DenseFPElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat())
    return elements.getSplatValue<APFloat>().convertToDouble();
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchNumber(fill.getInputs().front());
  return std::nullopt;
}

/// A matrix of g^(i - j) on and below the diagonal and 0 above it, 0 < g <= 1.
static bool matchTriangle(Value value, ProductFactors &factors) {
  DenseFPElementsAttr elements;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() < 2 ||
      !matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() > kMostElements)
    return false;
  int64_t rows = type.getDimSize(type.getRank() - 2),
          columns = type.getShape().back();
  if (rows != columns || rows < 2 ||
      elements.getNumElements() != rows * columns)
    return false;
  auto number = [](const APFloat &element) {
    return element.convertToDouble();
  };
  auto element = elements.getValues<APFloat>().begin();
  double base = number(*(element + columns));
  if (!(base > 0 && base <= 1))
    return false;
  // Powers are rounded to the type of the matrix.
  double epsilon = type.getElementType().isF64() ? 1e-12 : 1e-5;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j, ++element) {
      double wanted = j > i ? 0 : std::pow(base, double(i - j));
      if (!(std::abs(number(*element) - wanted) <= epsilon * wanted))
        return false;
    }
  factors.isCausal = true;
  factors.logDecay += std::log(base);
  return true;
}

/// True if `condition` is i >= j (or j <= i) of the last two indices.
static bool isBelowDiagonal(Value condition, unsigned rank) {
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare)
    return false;
  auto dimOf = [](Value value) -> int64_t {
    while (auto cast = value.getDefiningOp<arith::IndexCastOp>())
      value = cast.getIn();
    auto index = value.getDefiningOp<linalg::IndexOp>();
    return index ? int64_t(index.getDim()) : -1;
  };
  int64_t lhs = dimOf(compare.getLhs()), rhs = dimOf(compare.getRhs());
  int64_t row = rank - 2, column = rank - 1;
  switch (compare.getPredicate()) {
  case arith::CmpIPredicate::sge:
  case arith::CmpIPredicate::uge:
    return lhs == row && rhs == column;
  case arith::CmpIPredicate::sle:
  case arith::CmpIPredicate::ule:
    return lhs == column && rhs == row;
  default:
    return false;
  }
}

/// One op between two products: what it multiplies, or null.
static Value matchFactor(linalg::LinalgOp op, ProductFactors &factors) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumDpsInits() != 1)
    return nullptr;
  Block &body = *op.getBlock();
  auto yield = cast<linalg::YieldOp>(body.getTerminator());
  Operation *last = yield.getValues().front().getDefiningOp();
  unsigned rank = op.getNumLoops();
  auto argument = [&](Value value) -> OpOperand * {
    auto place = dyn_cast<BlockArgument>(value);
    if (!place || place.getOwner() != &body ||
        place.getArgNumber() >= op.getNumDpsInputs())
      return nullptr;
    return op.getDpsInputOperand(place.getArgNumber());
  };
  auto isWhole = [&](OpOperand *operand) {
    return operand && op.getMatchingIndexingMap(operand).isIdentity();
  };
  if (auto product = dyn_cast_or_null<arith::MulFOp>(last)) {
    for (auto [value, factor] :
         {std::pair(product.getLhs(), product.getRhs()),
          std::pair(product.getRhs(), product.getLhs())}) {
      OpOperand *whole = argument(value), *other = argument(factor);
      if (!isWhole(whole))
        continue;
      if (std::optional<double> number =
              matchNumber(other ? other->get() : factor)) {
        factors.scale *= *number;
        return whole->get();
      }
      // The triangle is a matrix for all, or is one with leading ones.
      if (other && matchTriangle(other->get(), factors))
        return whole->get();
    }
    return nullptr;
  }
  if (auto quotient = dyn_cast_or_null<arith::DivFOp>(last)) {
    OpOperand *whole = argument(quotient.getLhs());
    std::optional<double> number = matchNumber(quotient.getRhs());
    if (!isWhole(whole) || !number || *number == 0)
      return nullptr;
    factors.scale /= *number;
    return whole->get();
  }
  if (auto select = dyn_cast_or_null<arith::SelectOp>(last)) {
    OpOperand *whole = argument(select.getTrueValue());
    if (!isWhole(whole) ||
        !matchPattern(select.getFalseValue(), m_AnyZeroFloat()) ||
        !isBelowDiagonal(select.getCondition(), rank))
      return nullptr;
    factors.isCausal = true;
    return whole->get();
  }
  return nullptr;
}

Value attn::matchFactors(Value value, ProductFactors &factors,
                         std::string &why) {
  while (true) {
    if (!value.hasOneUse()) {
      why = "the product of queries and keys is used elsewhere";
      return nullptr;
    }
    auto op = value.getDefiningOp<linalg::LinalgOp>();
    if (!op || linalg::isaContractionOpInterface(op))
      return value;
    Value next = matchFactor(op, factors);
    if (!next) {
      why = (op->getName().getStringRef() +
             " between the products is neither a number nor a triangle that "
             "multiplies")
                .str();
      return nullptr;
    }
    value = next;
  }
}
