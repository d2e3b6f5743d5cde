//===- ProductAttention.cpp - attention as products of tensors ------------===//
//
// Rewrites (Q K^T) V, with factors that move out of it, to linear attention,
// or, where lengths decide, to attention without softmax, which chooses.
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

/// True if either length is known at run time only.
bool hasDynamicLengths(const Attention &attention) {
  return ShapedType::isDynamic(attention.rows) ||
         ShapedType::isDynamic(attention.cols);
}

/// True if the scores have as many rows as columns.
bool isSquare(const Attention &attention) {
  if (!hasDynamicLengths(attention))
    return attention.rows == attention.cols;
  // Both extents may be the same value where scores begin.
  auto fill =
      attention.scores.op->getOperands().back().getDefiningOp<linalg::FillOp>();
  auto empty = fill ? fill.getOutputs().front().getDefiningOp<tensor::EmptyOp>()
                    : nullptr;
  if (!empty)
    return false;
  SmallVector<OpFoldResult> sizes = empty.getMixedSizes();
  return sizes[sizes.size() - 1] == sizes[sizes.size() - 2];
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
  if (attention.factors.isCausal && !hasDynamicLengths(attention) &&
      attention.rows != attention.cols) {
    why = llvm::formatv("a triangle of {0} rows and {1} columns is no order of "
                        "tokens",
                        attention.rows, attention.cols);
    return false;
  }
  return true;
}

/// True if fewer numbers are multiplied the other way, of lengths that are
/// known.
bool isProfitable(const Attention &attention, std::string &why) {
  // Only what a token sees of its chunk is computed; nothing is stored.
  if (attention.factors.isCausal)
    return true;
  if (hasDynamicLengths(attention))
    return true;
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

/// Attention without softmax in the place of `attention`, of lengths that are
/// not known: that has no matrix of scores either way, and one choice.
void rewriteByLengths(const Attention &attention, Value key) {
  Operation *op = attention.out.op;
  OpBuilder builder(op);
  bool isCausal = attention.factors.isCausal;
  MaskAttrInterface mask = FullMaskAttr::get(builder.getContext());
  if (isCausal)
    mask = CausalMaskAttr::get(builder.getContext());
  Value none;
  auto sdpa = SdpaOp::create(
      builder, op->getLoc(), op->getResultTypes().front(), /*lse=*/Type(),
      attention.scores.lhs, key, attention.out.rhs, /*mask_operands=*/{},
      /*bias=*/none, /*sink=*/none, /*offset=*/none, /*key_scale=*/none, mask,
      isCausal ? AlignAttr::get(builder.getContext(), Align::TopLeft)
               : AlignAttr(),
      builder.getF64FloatAttr(attention.factors.scale),
      /*softcap=*/FloatAttr(), /*value_scale=*/none, builder.getUnitAttr(),
      /*schedule=*/ScheduleAttr(), /*few=*/ScheduleAttr());
  bool square = isSquare(attention);
  op->getResult(0).replaceAllUsesWith(sdpa.getOut());
  op->erase();
  reassociateUnnormalized(sdpa, /*isStrict=*/false, square);
}

void rewrite(const Attention &attention) {
  Operation *op = attention.out.op;
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Value query = attention.scores.lhs, key = attention.scores.rhs;
  if (!attention.scores.isTransposed)
    key = buildTransposed(builder, loc, key);
  if (hasDynamicLengths(attention) &&
      !(attention.factors.isCausal && isSquare(attention)))
    return rewriteByLengths(attention, key);
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
  noteReassociation(op, true,
                    llvm::formatv("(Q K^T) V becomes linear attention{0}{1}",
                                  attention.factors.isCausal ? ", causal" : "",
                                  attention.factors.logDecay != 0
                                      ? ", with a constant decay"
                                      : ""));
  op->getResult(0).replaceAllUsesWith(linear.getOut());
  op->erase();
}

} // namespace

bool attn::reassociateAttention(const TensorProduct &out, bool isStrict) {
  std::string why;
  std::optional<Attention> attention = matchAttention(out, why);
  if (!attention) {
    if (!why.empty())
      noteReassociation(out.op, false, "a product keeps its operands: " + why);
    return false;
  }
  if (isStrict)
    why = "fp is strict";
  else if (fitsLinear(*attention, why) && isProfitable(*attention, why)) {
    rewrite(*attention);
    return true;
  }
  noteReassociation(out.op, false, "(Q K^T) V keeps its order: " + why);
  return false;
}
