//===- ProjectedOutput.cpp - attention whose output is multiplied ---------===//
//
// Moves the matrix that multiplies the output of attention to its values:
// (P V) W = P (V W), whatever makes the weights P. It pays where there are
// fewer keys than queries, or where W narrows.
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "Reassociation.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t extentOf(Value value, unsigned fromBack) {
  return typeOf(value).getDimSize(typeOf(value).getRank() - fromBack);
}

/// True if `product`, of the output of `op`, may be of its values; else `why`
/// says what is in the way.
static bool canMove(SdpaOp op, const Expansion &product, std::string &why) {
  if (!op.getOut().hasOneUse()) {
    why = "the output is used elsewhere, too";
    return false;
  }
  if (op.getLse() && !op.getLse().use_empty()) {
    why = "the log-sum-exp is read, too";
    return false;
  }
  if (op.getValueScale()) {
    why = "values have scales of their rows";
    return false;
  }
  if (op.getScheduleAttr() || op.getFewAttr()) {
    why = "its schedule is for values as they are";
    return false;
  }
  for (Value operand :
       {Value(op.getQuery()), Value(op.getValue()), product.weight})
    if (!typeOf(operand).hasStaticShape()) {
      why = "shapes are not static";
      return false;
    }
  int64_t weights =
      typeOf(product.weight).getRank() < 3 ? 1 : extentOf(product.weight, 3);
  int64_t values = extentOf(op.getValue(), 3);
  if (values % weights != 0) {
    why =
        llvm::formatv("{0} heads of values meet {1} matrices", values, weights);
    return false;
  }
  return true;
}

/// True if that multiplies less; `text` says how often either way does.
static bool isCheaper(SdpaOp op, const Expansion &product, std::string &text) {
  double queries =
             double(extentOf(op.getQuery(), 3)) * extentOf(op.getQuery(), 2),
         keys = extentOf(op.getValue(), 2),
         rows = double(extentOf(op.getValue(), 3)) * keys,
         width = extentOf(op.getValue(), 1),
         wide = extentOf(product.weight, product.getWidthFromBack());
  double before = queries * keys * width + queries * width * wide;
  double after = queries * keys * wide + rows * width * wide;
  text = llvm::formatv("of the output it multiplies {0} times, of the values "
                       "{1} times",
                       uint64_t(before), uint64_t(after));
  return after < before;
}

/// The product of the output of `op`, null if it has none; `why` says what
/// makes it none that can be moved.
static Operation *findProduct(SdpaOp op, std::optional<Expansion> &product,
                              std::string &why) {
  for (Operation *user : op.getOut().getUsers()) {
    if (user->getNumResults() != 1 ||
        !isa<RankedTensorType>(user->getResult(0).getType()))
      continue;
    product = matchExpansion(user->getResult(0), why);
    if (!product && !why.empty())
      return user;
    if (product && product->latent == op.getOut() &&
        product->weight != op.getOut() &&
        typeOf(user->getResult(0)).getRank() == typeOf(op.getOut()).getRank())
      return user;
  }
  return nullptr;
}

bool attn::moveToValues(SdpaOp op, bool isStrict) {
  std::string why, count;
  std::optional<Expansion> product;
  Operation *user = findProduct(op, product, why);
  if (!user)
    return false;
  bool fits = product && canMove(op, *product, why);
  if (fits && isStrict)
    why = "fp is strict";
  if (!fits || isStrict || !isCheaper(op, *product, count)) {
    noteReassociation(user, false,
                      "a product of the output of attention stays: " +
                          (why.empty() ? count : why));
    return false;
  }
  noteReassociation(user, true,
                    "a product of the output of attention becomes one of its "
                    "values: " +
                        count);
  // In front of what reads it: the weight may be made after the attention.
  OpBuilder builder(user);
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getValue());
  sizes.back() = builder.getIndexAttr(
      extentOf(product->weight, product->getWidthFromBack()));
  Value out = tensor::EmptyOp::create(builder, loc, sizes,
                                      typeOf(op.getValue()).getElementType());
  Value value =
      HeadProductOp::create(
          builder, loc, TypeRange(out.getType()), op.getValue(),
          product->weight, out,
          product->isTransposed ? builder.getUnitAttr() : UnitAttr(),
          product->factor == 1 ? FloatAttr()
                               : builder.getF64FloatAttr(product->factor),
          /*diagonal=*/FloatAttr())
          .getResult(0);
  auto attention = cast<SdpaOp>(builder.clone(*op));
  attention.getValueMutable().assign(value);
  attention.getOut().setType(
      cast<RankedTensorType>(user->getResult(0).getType()));
  user->getResult(0).replaceAllUsesWith(attention.getOut());
  user->erase();
  op.erase();
  return true;
}
