//===- ProductChains.cpp - the order of a chain of products ---------------===//
//
// Puts products of products into the order with the fewest multiplications, by
// dynamic programming over where a chain is cut.
//
//===----------------------------------------------------------------------===//

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

} // namespace

bool attn::reorderChain(const TensorProduct &product) {
  RankedTensorType type = typeOf(product.op->getResult(0));
  if (product.isTransposed || type.getRank() > 3)
    return false;
  Chain chain(product);
  if (!chain.isOfInterest())
    return false;
  if (!chain.hasStaticShapes()) {
    noteReassociation(
        product.op, false,
        "a chain of products keeps its order: shapes are not static");
    return false;
  }
  double best = chain.solve(), written = chain.getCostAsWritten();
  if (best >= written) {
    noteReassociation(
        product.op, false,
        llvm::formatv("a chain of products keeps its order: its {0} "
                      "multiplications are the fewest",
                      uint64_t(written)));
    return false;
  }
  noteReassociation(
      product.op, true,
      llvm::formatv("a chain of products takes {0} multiplications instead of "
                    "{1}",
                    uint64_t(best), uint64_t(written)));
  chain.rebuild();
  return true;
}
