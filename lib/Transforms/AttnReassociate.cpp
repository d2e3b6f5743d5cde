//===- AttnReassociate.cpp - products in another order --------------------===//
//
// Rewrites (Q K^T) V, with factors that move out of it, to linear attention,
// and chains of products to the order with the fewest multiplications.
//
//===----------------------------------------------------------------------===//

#include "TensorProducts.h"
#include "UnnormalizedAttention.h"
#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNREASSOCIATE
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

void note(Operation *op, bool isDone, const std::string &text) {
  auto options = remark::RemarkOpts::name("reassociate").category("attn");
  if (isDone)
    remark::passed(op->getLoc(), options) << remark::add("{0}", text);
  else
    remark::missed(op->getLoc(), options) << remark::add("{0}", text);
}

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// (Q K^T * factors) V.
struct Attention {
  TensorProduct scores, out;
  ProductFactors factors;
  /// M, N, D, E.
  int64_t rows, cols, keyWidth, valueWidth;
};

/// The attention whose product with values is `out`; `why` says why not, and is
/// empty where nothing is like it.
std::optional<Attention> matchAttention(const TensorProduct &out,
                                        std::string &why) {
  Attention result{{}, out, {}, 0, 0, 0, 0};
  Value weights = matchFactors(out.lhs, result.factors, why);
  if (!weights)
    return std::nullopt;
  std::optional<TensorProduct> scores = matchProduct(weights, why);
  if (!scores)
    return std::nullopt;
  result.scores = *scores;
  auto extent = [](Value value, unsigned fromBack) {
    RankedTensorType type = typeOf(value);
    return type.getDimSize(type.getRank() - fromBack);
  };
  result.rows = extent(scores->lhs, 2);
  result.keyWidth = extent(scores->lhs, 1);
  result.cols = extent(scores->rhs, scores->isTransposed ? 2 : 1);
  result.valueWidth = extent(out.rhs, out.isTransposed ? 2 : 1);
  return result;
}

/// True if linear attention takes the operands of `attention` as they are.
bool fitsLinear(const Attention &attention, std::string &why) {
  RankedTensorType query = typeOf(attention.scores.lhs),
                   value = typeOf(attention.out.rhs);
  if (attention.out.isTransposed) {
    why = "values are transposed";
    return false;
  }
  if (query.getRank() != 3 && query.getRank() != 4) {
    why = llvm::formatv("operands have rank {0}, expected 3 or 4",
                        query.getRank());
    return false;
  }
  if (query.isDynamicDim(query.getRank() - 3) ||
      ShapedType::isDynamic(attention.keyWidth) ||
      ShapedType::isDynamic(attention.valueWidth)) {
    why = "heads and widths are not static";
    return false;
  }
  if (query.getElementType() != typeOf(attention.scores.rhs).getElementType() ||
      query.getElementType() != value.getElementType() ||
      typeOf(attention.scores.op->getResult(0)).getElementType() !=
          query.getElementType()) {
    why = "element types differ";
    return false;
  }
  return true;
}

/// True if fewer numbers are multiplied the other way.
bool isProfitable(const Attention &attention, std::string &why) {
  // Only what a token sees of its chunk is computed; nothing is stored.
  if (attention.factors.isCausal)
    return true;
  if (ShapedType::isDynamic(attention.rows) ||
      ShapedType::isDynamic(attention.cols)) {
    why = "lengths are not static, so which order is cheaper is not known";
    return false;
  }
  double before = double(attention.rows) * attention.cols *
                  (attention.keyWidth + attention.valueWidth);
  double after = double(attention.rows + attention.cols) * attention.keyWidth *
                 attention.valueWidth;
  if (before > after)
    return true;
  why = llvm::formatv("(Q K^T) V takes {0} multiplications, Q (K^T V) {1}",
                      uint64_t(before), uint64_t(after));
  return false;
}

/// `[…, n, k]` from `[…, k, n]`.
Value buildTransposed(OpBuilder &builder, Location loc, Value value) {
  unsigned rank = typeOf(value).getRank();
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(order[rank - 2], order[rank - 1]);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  std::swap(sizes[rank - 2], sizes[rank - 1]);
  Value init = tensor::EmptyOp::create(builder, loc, sizes,
                                       typeOf(value).getElementType());
  return linalg::TransposeOp::create(builder, loc, value, init, order)
      ->getResult(0);
}

void rewrite(const Attention &attention) {
  Operation *op = attention.out.op;
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Value query = attention.scores.lhs, key = attention.scores.rhs;
  if (!attention.scores.isTransposed)
    key = buildTransposed(builder, loc, key);
  Value decay;
  RankedTensorType type = typeOf(query);
  if (attention.factors.logDecay != 0) {
    Type element = type.getElementType().isF64() ? type.getElementType()
                                                 : builder.getF32Type();
    auto logs =
        RankedTensorType::get(type.getDimSize(type.getRank() - 3), element);
    decay = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            logs, builder.getFloatAttr(element, attention.factors.logDecay)));
  }
  auto linear = LinearOp::create(
      builder, loc, TypeRange(op->getResultTypes().front()), query, key,
      attention.out.rhs, decay, /*beta=*/Value(), /*state=*/Value(),
      /*docs=*/Value(),
      attention.factors.isCausal ? builder.getUnitAttr() : UnitAttr(),
      /*delta=*/UnitAttr(), /*normalize=*/UnitAttr(),
      builder.getF64FloatAttr(attention.factors.scale), /*eps=*/FloatAttr(),
      /*schedule=*/ScheduleAttr(), /*few=*/ScheduleAttr());
  note(op, true,
       llvm::formatv("(Q K^T) V becomes linear attention{0}{1}",
                     attention.factors.isCausal ? ", causal" : "",
                     attention.factors.logDecay != 0 ? ", with a constant decay"
                                                     : ""));
  op->getResult(0).replaceAllUsesWith(linear.getOut());
  op->erase();
}

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

/// Products of products, none of which is used elsewhere: the matrices in
/// order.
class Chain {
public:
  explicit Chain(const TensorProduct &root) : root(root) {
    collect(root);
    for (Value matrix : matrices) {
      RankedTensorType type = typeOf(matrix);
      isStatic &= type.hasStaticShape();
      extents.push_back(type.getDimSize(type.getRank() - 2));
    }
    extents.push_back(typeOf(matrices.back()).getShape().back());
  }

  bool isOfInterest() const { return matrices.size() > 2; }
  bool hasStaticShapes() const { return isStatic; }

  /// Multiplications of the cheapest order; `split` remembers it.
  double solve() {
    size_t count = matrices.size();
    cost.assign(count, SmallVector<double>(count, 0));
    split.assign(count, SmallVector<size_t>(count, 0));
    for (size_t length = 2; length <= count; ++length)
      for (size_t first = 0; first + length <= count; ++first) {
        size_t last = first + length - 1;
        cost[first][last] = std::numeric_limits<double>::infinity();
        for (size_t middle = first; middle < last; ++middle) {
          double total =
              cost[first][middle] + cost[middle + 1][last] +
              double(extents[first]) * extents[middle + 1] * extents[last + 1];
          if (total < cost[first][last]) {
            cost[first][last] = total;
            split[first][last] = middle;
          }
        }
      }
    return cost[0][count - 1];
  }

  double getCostAsWritten() const { return written; }

  void rebuild() {
    OpBuilder builder(root.op);
    Value result = build(builder, 0, matrices.size() - 1);
    root.op->getResult(0).replaceAllUsesWith(result);
    root.op->erase();
  }

private:
  void collect(const TensorProduct &product) {
    std::string ignored;
    for (Value side : {product.lhs, product.rhs}) {
      std::optional<TensorProduct> inner;
      if (side.hasOneUse())
        inner = matchProduct(side, ignored);
      // Without transposes, so that matrices are factors as they stand, and of
      // one type, so that none is rounded more than before.
      if (inner && !inner->isTransposed &&
          typeOf(side).getElementType() ==
              typeOf(root.op->getResult(0)).getElementType())
        collect(*inner);
      else
        matrices.push_back(side);
    }
    RankedTensorType lhs = typeOf(product.lhs), rhs = typeOf(product.rhs);
    written += double(lhs.getDimSize(lhs.getRank() - 2)) *
               lhs.getShape().back() * rhs.getShape().back();
  }

  Value build(OpBuilder &builder, size_t first, size_t last) {
    if (first == last)
      return matrices[first];
    size_t middle = split[first][last];
    Value lhs = build(builder, first, middle),
          rhs = build(builder, middle + 1, last);
    Location loc = root.op->getLoc();
    SmallVector<int64_t> shape(typeOf(lhs).getShape());
    shape.back() = typeOf(rhs).getShape().back();
    Type element = typeOf(root.op->getResult(0)).getElementType();
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
    Value init =
        linalg::FillOp::create(
            builder, loc, zero,
            tensor::EmptyOp::create(builder, loc, shape, element).getResult())
            .getResult(0);
    if (shape.size() == 2)
      return linalg::MatmulOp::create(builder, loc, ValueRange{lhs, rhs}, init)
          .getResult(0);
    return linalg::BatchMatmulOp::create(builder, loc, ValueRange{lhs, rhs},
                                         init)
        .getResult(0);
  }

  TensorProduct root;
  SmallVector<Value> matrices;
  SmallVector<int64_t> extents;
  bool isStatic = true;
  double written = 0;
  std::vector<SmallVector<double>> cost;
  std::vector<SmallVector<size_t>> split;
};

/// Puts the products under `product`, whose op is erased then, into the
/// cheapest order; true if that is another one.
bool reorder(const TensorProduct &product) {
  RankedTensorType type = typeOf(product.op->getResult(0));
  if (product.isTransposed || type.getRank() > 3)
    return false;
  Chain chain(product);
  if (!chain.isOfInterest())
    return false;
  if (!chain.hasStaticShapes()) {
    note(product.op, false,
         "a chain of products keeps its order: shapes are not static");
    return false;
  }
  double best = chain.solve(), written = chain.getCostAsWritten();
  if (best >= written) {
    note(product.op, false,
         llvm::formatv("a chain of products keeps its order: its {0} "
                       "multiplications are the fewest",
                       uint64_t(written)));
    return false;
  }
  note(product.op, true,
       llvm::formatv("a chain of products takes {0} multiplications instead of "
                     "{1}",
                     uint64_t(best), uint64_t(written)));
  chain.rebuild();
  return true;
}

/// Attention without softmax, where it is linear attention.
void visitAttention(SdpaOp op, bool isStrict) {
  std::string why;
  if (!isLinearAttention(op, why))
    return note(op, false, "attention without softmax stays as it is: " + why);
  if (isStrict)
    return note(op, false,
                "attention without softmax stays as it is: fp is strict");
  OpBuilder builder(op);
  bool isCausal = isa<CausalMaskAttr>(op.getMask());
  auto linear = LinearOp::create(
      builder, op.getLoc(), TypeRange(op.getOut().getType()), op.getQuery(),
      op.getKey(), op.getValue(), /*decay=*/Value(), /*beta=*/Value(),
      /*state=*/Value(), /*docs=*/Value(),
      isCausal ? builder.getUnitAttr() : UnitAttr(), /*delta=*/UnitAttr(),
      /*normalize=*/UnitAttr(), builder.getF64FloatAttr(op.getScaleOrDefault()),
      /*eps=*/FloatAttr(),
      /*schedule=*/ScheduleAttr(), /*few=*/ScheduleAttr());
  note(op, true,
       llvm::formatv("attention without softmax becomes linear attention{0}",
                     isCausal ? ", causal" : ""));
  op.getOut().replaceAllUsesWith(linear.getOut());
  op.erase();
}

struct AttnReassociate : attn::impl::AttnReassociateBase<AttnReassociate> {
  using Base::Base;

  void runOnOperation() override {
    if (fp != "strict" && fp != "reassoc") {
      getOperation().emitError()
          << "fp is '" << fp << "', expected strict or reassoc";
      return signalPassFailure();
    }
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto asked =
        module ? module->getAttrOfType<StringAttr>("attn.fp") : StringAttr();
    if (asked && asked.getValue() != "strict" &&
        asked.getValue() != "reassoc") {
      module.emitError() << "attn.fp is '" << asked.getValue()
                         << "', expected strict or reassoc";
      return signalPassFailure();
    }
    bool isStrict = fp == "strict" || (asked && asked.getValue() == "strict");
    SmallVector<SdpaOp> unnormalized;
    getOperation().walk([&](SdpaOp op) {
      if (op.getUnnormalized())
        unnormalized.push_back(op);
    });
    for (SdpaOp op : unnormalized)
      visitAttention(op, isStrict);
    // The last products first: they hold those before them.
    SmallVector<Operation *> products;
    getOperation().walk([&](linalg::LinalgOp op) { products.push_back(op); });
    for (Operation *op : llvm::reverse(products))
      visit(op, isStrict);
    // What is no longer read, from the last to the first.
    for (Operation *op : llvm::reverse(products))
      if (!erased.contains(op) && isOpTriviallyDead(op))
        op->erase();
  }

private:
  void visit(Operation *op, bool isStrict) {
    if (op->getNumResults() != 1 || op->use_empty())
      return;
    std::string why;
    std::optional<TensorProduct> product = matchProduct(op->getResult(0), why);
    if (!product)
      return;
    std::optional<Attention> attention = matchAttention(*product, why);
    if (attention && isStrict)
      return note(op, false, "(Q K^T) V keeps its order: fp is strict");
    if (attention && fitsLinear(*attention, why) &&
        isProfitable(*attention, why)) {
      erased.insert(op);
      return rewrite(*attention);
    }
    if (attention)
      note(op, false, "(Q K^T) V keeps its order: " + why);
    else if (!why.empty())
      note(op, false, "a product keeps its operands: " + why);
    if (!isStrict && reorder(*product))
      erased.insert(op);
  }

  llvm::SmallPtrSet<Operation *, 8> erased;
};

} // namespace
