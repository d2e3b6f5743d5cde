//===- ExpandedLatent.cpp - keys and values that are products -------------===//
//
// Absorbs the matrices by which keys and values of attention are expanded from
// latent rows: Q (C W)^T = (Q W^T) C^T and P (C W) = (P C) W, whatever scores
// go through in between. A softmax is no barrier for either.
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "FormChoice.h"
#include "Reassociation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

/// Attention to rows that products have made.
class LatentAttention {
public:
  explicit LatentAttention(SdpaOp op) : op(op) {}

  /// True if at least one product can be moved; `why` says why not, and is
  /// empty where there is none.
  bool match(std::string &why);
  /// Rewrites; false, with the reason in `why`, if it is cheaper as it stands.
  bool rewrite(std::string &why);

private:
  bool matchHeads(std::string &why);
  /// `latent`, `[B, heads, N, dc]`, with heads of its own.
  Value buildRows(const Expansion &expansion, Value like);
  OpFoldResult sizeOf(Value value, unsigned fromBack) {
    return tensor::getMixedSize(*builder, op.getLoc(), value,
                                typeOf(value).getRank() - fromBack);
  }
  int64_t getHeads(Value value) {
    return typeOf(value).getDimSize(typeOf(value).getRank() - 3);
  }
  Value buildProduct(Value lhs, const Expansion &by, bool isTransposed,
                     OpFoldResult rows, int64_t heads, OpFoldResult width);
  SmallVector<Value> absorb();
  SmallVector<Value> expand();
  /// The attention of other operands.
  SdpaOp attend(Value query, Value key, Value value);

  SdpaOp op;
  std::optional<Expansion> key, value;
  std::optional<OpBuilder> builder;
};

} // namespace

bool LatentAttention::match(std::string &why) {
  auto find = [&](Value side, StringRef name) -> std::optional<Expansion> {
    std::optional<Expansion> found = matchExpansion(side, why);
    if (!why.empty())
      return std::nullopt;
    Operation *between = side.getDefiningOp();
    if (!found && between)
      for (Value operand : between->getOperands()) {
        std::string ignored;
        if (!isa<RankedTensorType>(operand.getType()) ||
            !matchExpansion(operand, ignored))
          continue;
        why = (between->getName().getStringRef() + " stands between " + name +
               " and the product that expands them")
                  .str();
        return std::nullopt;
      }
    if (found && !side.hasOneUse()) {
      why = (name + " that a product expands are used elsewhere").str();
      return std::nullopt;
    }
    return found;
  };
  key = find(op.getKey(), "keys");
  if (why.empty())
    value = find(op.getValue(), "values");
  if (!why.empty() || (!key && !value))
    return false;
  if (op.getKeyScale() || op.getValueScale()) {
    why = "keys or values have scales of their rows";
    return false;
  }
  if (op.getScheduleAttr() || op.getFewAttr()) {
    why = "its schedule is for keys and values as they are";
    return false;
  }
  return matchHeads(why);
}

bool LatentAttention::matchHeads(std::string &why) {
  int64_t keys = key ? key->getHeads() : getHeads(op.getKey());
  int64_t values = value ? value->getHeads() : getHeads(op.getValue());
  // A contraction without heads in its latent has a batch in front.
  auto shares = [&](const std::optional<Expansion> &side, Value like) {
    return side && isa<linalg::LinalgOp>(side->op) &&
           typeOf(side->latent).getRank() < typeOf(like).getRank();
  };
  if (shares(key, op.getKey()))
    keys = 1;
  if (shares(value, op.getValue()))
    values = 1;
  for (int64_t heads :
       {keys, values, getHeads(op.getQuery()), getHeads(op.getKey())})
    if (ShapedType::isDynamic(heads)) {
      why = "heads are not static";
      return false;
    }
  if (keys == values)
    return true;
  why = llvm::formatv("keys would have {0} heads and values {1}", keys, values);
  return false;
}

Value LatentAttention::buildRows(const Expansion &expansion, Value like) {
  Value latent = expansion.latent;
  RankedTensorType type = typeOf(latent);
  unsigned rank = typeOf(like).getRank(), have = type.getRank();
  if (have == rank)
    return latent;
  // Ones in front of the rows, behind a batch.
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(*builder, op.getLoc(), latent);
  unsigned front = have - 2;
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0; dim < front; ++dim)
    groups.push_back({int64_t(dim)});
  shape.insert(shape.begin() + front, rank - have, 1);
  sizes.insert(sizes.begin() + front, rank - have, builder->getIndexAttr(1));
  ReassociationIndices rows;
  for (unsigned dim = front; dim + 1 < rank; ++dim)
    rows.push_back(dim);
  groups.push_back(rows);
  groups.push_back({int64_t(rank) - 1});
  return tensor::ExpandShapeOp::create(
      *builder, op.getLoc(),
      RankedTensorType::get(shape, type.getElementType()), latent, groups,
      sizes);
}

Value LatentAttention::buildProduct(Value lhs, const Expansion &by,
                                    bool isTransposed, OpFoldResult rows,
                                    int64_t heads, OpFoldResult width) {
  SmallVector<OpFoldResult> sizes = {builder->getIndexAttr(heads), rows, width};
  if (op.hasBatch())
    sizes.insert(sizes.begin(), sizeOf(op.getQuery(), 4));
  Value out = tensor::EmptyOp::create(*builder, op.getLoc(), sizes,
                                      typeOf(lhs).getElementType());
  return HeadProductOp::create(
             *builder, op.getLoc(), TypeRange(out.getType()), lhs, by.weight,
             out, isTransposed ? builder->getUnitAttr() : UnitAttr(),
             by.factor == 1 ? FloatAttr() : builder->getF64FloatAttr(by.factor),
             /*diagonal=*/FloatAttr())
      .getResult(0);
}

SdpaOp LatentAttention::attend(Value query, Value key, Value value) {
  auto attention = cast<SdpaOp>(builder->clone(*op));
  attention.setScaleAttr(builder->getF64FloatAttr(op.getScaleOrDefault()));
  attention.getQueryMutable().assign(query);
  attention.getKeyMutable().assign(key);
  attention.getValueMutable().assign(value);
  SmallVector<int64_t> shape(typeOf(op.getOut()).getShape());
  shape.back() = typeOf(value).getShape().back();
  attention.getOut().setType(
      RankedTensorType::get(shape, typeOf(op.getOut()).getElementType()));
  return attention;
}

SmallVector<Value> LatentAttention::absorb() {
  Value query = op.getQuery(), keys = op.getKey(), values = op.getValue();
  OpFoldResult rows = sizeOf(query, 2);
  int64_t heads = getHeads(query);
  if (key) {
    query = buildProduct(query, *key, !key->isTransposed, rows, heads,
                         sizeOf(key->latent, 1));
    keys = buildRows(*key, op.getKey());
  }
  if (value)
    values = buildRows(*value, op.getValue());
  SdpaOp attention = attend(query, keys, values);
  SmallVector<Value> results(attention->getResults());
  if (value)
    results[0] =
        buildProduct(results[0], *value, value->isTransposed, rows, heads,
                     sizeOf(value->weight, value->getWidthFromBack()));
  return results;
}

SmallVector<Value> LatentAttention::expand() {
  auto build = [&](const Expansion &by, Value like) {
    return buildProduct(buildRows(by, like), by, by.isTransposed,
                        sizeOf(by.latent, 2), getHeads(like),
                        sizeOf(by.weight, by.getWidthFromBack()));
  };
  Value keys = key ? build(*key, op.getKey()) : op.getKey();
  Value values = value ? build(*value, op.getValue()) : op.getValue();
  return SmallVector<Value>(attend(op.getQuery(), keys, values)->getResults());
}

bool LatentAttention::rewrite(std::string &why) {
  builder.emplace(op);
  Location loc = op.getLoc();
  IndexMath math(*builder, loc);
  OpFoldResult rows = sizeOf(op.getQuery(), 2);
  OpFoldResult cols = sizeOf(key ? key->latent : value->latent, 2);
  OpFoldResult heads = math.constant(getHeads(op.getQuery())),
               kvHeads = math.constant(getHeads(op.getKey()));
  FormCost expanded, absorbed;
  for (const std::optional<Expansion> &side : {key, value}) {
    if (!side)
      continue;
    OpFoldResult width = sizeOf(side->latent, 1),
                 wide = sizeOf(side->weight, side->getWidthFromBack());
    expanded.add({heads, rows, cols, wide});
    expanded.add({kvHeads, cols, width, wide});
    absorbed.add({heads, rows, cols, width});
    absorbed.add({heads, rows, width, wide});
  }
  std::string what = key && value ? "keys and values" : key ? "keys" : "values";
  std::optional<double> before = expanded.getConstant(),
                        after = absorbed.getConstant();
  if (before && after && *after >= *before) {
    why = llvm::formatv("expanded multiplies {0} times, absorbed {1} times",
                        uint64_t(*before), uint64_t(*after));
    return false;
  }
  SmallVector<Value> results;
  if (before && after) {
    noteReassociation(
        op, true,
        llvm::formatv("the matrix that expands {0} is absorbed: {1} "
                      "multiplications instead of {2}",
                      what, uint64_t(*after), uint64_t(*before)));
    results = absorb();
  } else {
    noteReassociation(op, true,
                      "the matrix that expands " + what +
                          " is absorbed where the lengths of a call make that "
                          "cheaper");
    Value fewer = arith::CmpFOp::create(
        *builder, loc, arith::CmpFPredicate::OLT, absorbed.build(*builder, loc),
        expanded.build(*builder, loc));
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(*builder, loc, op.getQuery());
    SmallVector<SmallVector<OpFoldResult>> all = {sizes};
    all[0].back() = value ? sizeOf(value->weight, value->getWidthFromBack())
                          : sizeOf(op.getValue(), 1);
    if (op.getLse())
      all.push_back(llvm::to_vector(ArrayRef(sizes).drop_back()));
    results = buildFormChoice(
        *builder, loc, fewer, all, op->getResultTypes(),
        [&] { return absorb(); }, [&] { return expand(); });
  }
  for (auto [old, result] : llvm::zip_equal(op->getResults(), results)) {
    if (result.getType() != old.getType())
      result = tensor::CastOp::create(*builder, loc, old.getType(), result);
    old.replaceAllUsesWith(result);
  }
  op.erase();
  for (const std::optional<Expansion> &side : {key, value})
    if (side && side->op->use_empty())
      side->op->erase();
  return true;
}

bool attn::absorbExpansions(SdpaOp op, bool isStrict) {
  std::string why;
  LatentAttention attention(op);
  bool fits = attention.match(why);
  if (fits && isStrict)
    why = "fp is strict";
  if (fits && !isStrict && attention.rewrite(why))
    return true;
  if (!why.empty())
    noteReassociation(op, false, "products stay in front of attention: " + why);
  return false;
}
