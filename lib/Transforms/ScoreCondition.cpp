//===- ScoreCondition.cpp - conditions of programs as masks ---------------===//
//
// Implements it for comparisons of affine functions of i and j: those of the
// distance i - j are windows, those of j alone columns, those of i alone rows
// where rows are positions.
//
//===----------------------------------------------------------------------===//

#include "ScoreCondition.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Beyond this, sums of a few terms could leave 64 bits.
constexpr int64_t kMaxCoefficient = int64_t(1) << 40;
/// The largest extent of a mask, which no distance of positions exceeds.
constexpr int64_t kMaxReach = std::numeric_limits<int32_t>::max();

/// lhs + factor * rhs, if that stays within bounds.
static std::optional<AffinePosition>
combine(const AffinePosition &lhs, const AffinePosition &rhs, int64_t factor) {
  AffinePosition sum;
  auto add = [&](int64_t a, int64_t b, int64_t &result) {
    return !llvm::MulOverflow(b, factor, result) &&
           !llvm::AddOverflow(a, result, result) &&
           std::abs(result) <= kMaxCoefficient;
  };
  if (add(lhs.query, rhs.query, sum.query) && add(lhs.key, rhs.key, sum.key) &&
      add(lhs.constant, rhs.constant, sum.constant))
    return sum;
  return std::nullopt;
}

/// True if the op computes what integers without bounds would give: positions
/// are far from the ends of 64 bits, and an op on fewer says that it does not
/// overflow.
template <typename OpTy> static bool isExact(OpTy op) {
  auto integer = dyn_cast<IntegerType>(op.getType());
  return !integer || integer.getWidth() >= 64 ||
         bitEnumContainsAll(op.getOverflowFlags(),
                            arith::IntegerOverflowFlags::nsw);
}

std::optional<AffinePosition> ScoreCondition::getAffine(Value value) const {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number))) {
    if (number.getSignificantBits() > 40)
      return std::nullopt;
    return AffinePosition{0, 0, number.getSExtValue()};
  }
  if (value == query)
    return AffinePosition{1, 0, 0};
  if (value == key)
    return AffinePosition{0, 1, 0};
  // Positions fit 32 bits, so casts of them change nothing.
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>()) {
    auto integer = dyn_cast<IntegerType>(cast.getType());
    bool isPosition = isa<BlockArgument>(cast.getIn());
    if (integer && integer.getWidth() < (isPosition ? 32 : 64))
      return std::nullopt;
    return getAffine(cast.getIn());
  }
  if (auto wider = value.getDefiningOp<arith::ExtSIOp>())
    return getAffine(wider.getIn());
  auto both = [&](auto op, int64_t factor) -> std::optional<AffinePosition> {
    std::optional<AffinePosition> lhs = getAffine(op.getLhs());
    std::optional<AffinePosition> rhs = getAffine(op.getRhs());
    return isExact(op) && lhs && rhs ? combine(*lhs, *rhs, factor)
                                     : std::nullopt;
  };
  if (auto sum = value.getDefiningOp<arith::AddIOp>())
    return both(sum, 1);
  if (auto difference = value.getDefiningOp<arith::SubIOp>())
    return both(difference, -1);
  if (auto product = value.getDefiningOp<arith::MulIOp>()) {
    std::optional<AffinePosition> lhs = getAffine(product.getLhs());
    std::optional<AffinePosition> rhs = getAffine(product.getRhs());
    if (!isExact(product) || !lhs || !rhs)
      return std::nullopt;
    if (rhs->query == 0 && rhs->key == 0)
      return combine({}, *lhs, rhs->constant);
    if (lhs->query == 0 && lhs->key == 0)
      return combine({}, *rhs, lhs->constant);
  }
  return std::nullopt;
}

MaskAttrInterface ScoreCondition::getHalfPlane(AffinePosition sum) const {
  MLIRContext *context = query.getContext();
  auto invert = [&](MaskAttrInterface mask) -> MaskAttrInterface {
    return NotMaskAttr::get(context, mask);
  };
  // Limits beyond all positions are the outermost one that a mask can name.
  auto limit = [](int64_t value) {
    return std::clamp<int64_t>(value, -kMaxReach - 1, kMaxReach);
  };
  if (sum.query == 0 && sum.key == 0)
    return sum.constant <= 0 ? MaskAttrInterface(FullMaskAttr::get(context))
                             : MaskAttrInterface(EmptyMaskAttr::get(context));
  if (sum.query == -sum.key) {
    constexpr int64_t kAny = WindowMaskAttr::kUnbounded;
    int64_t factor = std::abs(sum.query);
    int64_t most = limit(llvm::divideFloorSigned(-sum.constant, factor));
    // i - j <= most, or j - i <= most.
    bool behind = sum.query > 0;
    auto window = [&](bool back, int64_t reach) -> MaskAttrInterface {
      return WindowMaskAttr::get(context, back ? reach : kAny,
                                 back ? kAny : reach);
    };
    return most >= 0 ? window(behind, most)
                     : invert(window(!behind, -most - 1));
  }
  if (sum.query != 0 && (sum.key != 0 || !problem.positionsAreRows))
    return {};
  int64_t factor = sum.query + sum.key;
  // x <= most, or x >= least.
  int64_t end = factor > 0 ? llvm::divideFloorSigned(-sum.constant, factor) + 1
                           : llvm::divideCeilSigned(-sum.constant, factor);
  end = limit(end);
  MaskAttrInterface below = EmptyMaskAttr::get(context);
  if (end > 0 && sum.query != 0)
    below = RowsMaskAttr::get(context, end);
  else if (end > 0)
    below = ColsMaskAttr::get(context, end);
  return factor > 0 ? below : invert(below);
}

MaskAttrInterface ScoreCondition::getComparison(Value condition,
                                                bool holds) const {
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare)
    return {};
  std::optional<AffinePosition> lhs = getAffine(compare.getLhs());
  std::optional<AffinePosition> rhs = getAffine(compare.getRhs());
  if (!lhs || !rhs)
    return {};
  // lhs - rhs, and the same with the sides swapped, moved by `offset`.
  auto half = [&](bool swapped, int64_t offset) -> MaskAttrInterface {
    std::optional<AffinePosition> sum =
        swapped ? combine(*rhs, *lhs, -1) : combine(*lhs, *rhs, -1);
    if (!sum)
      return {};
    sum->constant += offset;
    return getHalfPlane(*sum);
  };
  MLIRContext *context = compare.getContext();
  arith::CmpIPredicate predicate = compare.getPredicate();
  if (!holds)
    predicate = arith::invertPredicate(predicate);
  switch (predicate) {
  case arith::CmpIPredicate::sle:
    return half(/*swapped=*/false, 0);
  case arith::CmpIPredicate::slt:
    return half(/*swapped=*/false, 1);
  case arith::CmpIPredicate::sge:
    return half(/*swapped=*/true, 0);
  case arith::CmpIPredicate::sgt:
    return half(/*swapped=*/true, 1);
  case arith::CmpIPredicate::eq:
  case arith::CmpIPredicate::ne: {
    bool equal = predicate == arith::CmpIPredicate::eq;
    MaskAttrInterface one = half(/*swapped=*/false, equal ? 0 : 1);
    MaskAttrInterface other = half(/*swapped=*/true, equal ? 0 : 1);
    if (!one || !other)
      return {};
    if (equal)
      return AllMaskAttr::get(context, {one, other});
    return AnyMaskAttr::get(context, {one, other});
  }
  default:
    // Positions may be negative, and then unsigned order is another.
    return {};
  }
}

MaskAttrInterface ScoreCondition::getMask(Value condition, bool holds) const {
  Operation *op = condition.getDefiningOp();
  if (!op)
    return {};
  MLIRContext *context = op->getContext();
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    MaskAttrInterface lhs = getMask(op->getOperand(0), holds);
    MaskAttrInterface rhs = getMask(op->getOperand(1), holds);
    if (!lhs || !rhs)
      return {};
    if (isa<arith::AndIOp>(op) == holds)
      return AllMaskAttr::get(context, {lhs, rhs});
    return AnyMaskAttr::get(context, {lhs, rhs});
  }
  if (isa<arith::XOrIOp>(op) && matchPattern(op->getOperand(1), m_One()))
    return getMask(op->getOperand(0), !holds);
  return getComparison(condition, holds);
}

std::pair<MaskAttrInterface, Value> ScoreCondition::split(Value condition,
                                                          bool holds) const {
  if (MaskAttrInterface mask = getMask(condition, holds))
    return {mask, Value()};
  Operation *op = condition.getDefiningOp();
  bool isConjunction =
      op && (holds ? isa<arith::AndIOp>(op) : isa<arith::OrIOp>(op));
  if (!isConjunction)
    return {MaskAttrInterface(), condition};
  for (unsigned side : {0, 1}) {
    auto [mask, rest] = split(op->getOperand(side), holds);
    Value other = op->getOperand(1 - side);
    if (mask && !rest)
      return {mask, other};
  }
  return {MaskAttrInterface(), condition};
}
