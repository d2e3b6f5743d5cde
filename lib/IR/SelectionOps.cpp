//===- SelectionOps.cpp - which blocks matter -----------------------------===//
//
// Implements the rules and the shapes of attn.select.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/Windows.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

constexpr int64_t kMost = std::numeric_limits<int32_t>::max();

/// Emits an error unless `value` is in `least`..2^31 - 1.
static LogicalResult verifyCount(Operation *op, StringRef name, int64_t value,
                                 int64_t least) {
  if (value >= least && value <= kMost)
    return success();
  return op->emitOpError() << "has " << name << ' ' << value
                           << ", expected a number from " << least << " to "
                           << kMost;
}

//===----------------------------------------------------------------------===//
// attn.select
//===----------------------------------------------------------------------===//

/// The rules on the numbers of `op`.
static LogicalResult verifyCounts(SelectOp op) {
  int64_t k = op.getK(), initial = op.getInitial(), local = op.getLocal();
  if (failed(verifyCount(op, "k", k, 1)) ||
      failed(verifyCount(op, "initial", initial, 0)) ||
      failed(verifyCount(op, "local", local, 0)))
    return failure();
  if (initial + local > k)
    return op.emitOpError() << "always takes " << initial << " initial and "
                            << local << " local blocks, expected no more than "
                            << "k = " << k << " in all";
  if (op.getLength().has_value() != op.getStride().has_value())
    return op.emitOpError()
           << "has only one of length and stride, expected both or neither";
  if (!op.getLength())
    return success();
  int64_t length = *op.getLength(), stride = *op.getStride();
  if (failed(verifyCount(op, "length", length, 1)) ||
      failed(verifyCount(op, "stride", stride, 1)))
    return failure();
  for (auto [extent, name] : {std::pair<int64_t, StringRef>(length, "length"),
                              {op.getKeyBlock(), "the keys of a block"}})
    if (extent % stride != 0)
      return op.emitOpError() << "has stride " << stride << ", " << name
                              << (name == "length" ? " is " : " are ") << extent
                              << ": expected a multiple of the stride";
  return success();
}

LogicalResult SelectOp::verify() {
  auto scores = cast<RankedTensorType>(getScores().getType());
  if (scores.getRank() != 3 && scores.getRank() != 4)
    return emitOpError() << "scores have rank " << scores.getRank()
                         << ", expected [B, H, rows of blocks, C] or "
                            "[H, rows of blocks, C]";
  if (failed(verifyCounts(*this)))
    return failure();
  if (getAmong() && getAmong().getType() != getResult().getType())
    return emitOpError() << "chooses among " << getAmong().getType()
                         << ", the result has type " << getResult().getType()
                         << ": expected them to be equal";
  ArrayRef<int64_t> shape = scores.getShape().take_back(3);
  int64_t group = getGroup();
  if (!ShapedType::isDynamic(shape[0]) && shape[0] % group != 0)
    return emitOpError() << "scores have " << shape[0]
                         << " heads, expected a multiple of the group of "
                         << group;
  std::optional<int64_t> rows = getConstantIntValue(getRows());
  std::optional<int64_t> cols = getConstantIntValue(getCols());
  for (auto [extent, name] :
       {std::pair<std::optional<int64_t>, StringRef>(rows, "M"), {cols, "N"}})
    if (extent && *extent < 0)
      return emitOpError() << name << " is " << *extent
                           << ", expected an extent not below 0";
  auto verifyExtent = [&](int64_t extent, int64_t expected, StringRef what,
                          StringRef whole, int64_t size) -> LogicalResult {
    if (ShapedType::isDynamic(extent) || extent == expected)
      return success();
    return emitOpError() << "scores have " << extent << ' ' << what
                         << ", expected " << expected << " for " << whole
                         << " = " << size;
  };
  if (rows &&
      failed(verifyExtent(shape[1], llvm::divideCeil(*rows, getQueryBlock()),
                          "rows of blocks", "M", *rows)))
    return failure();
  if (!cols)
    return success();
  return getLength()
             ? verifyExtent(shape[2],
                            countWindows(*cols, *getLength(), *getStride()),
                            "compressed keys", "N", *cols)
             : verifyExtent(shape[2], llvm::divideCeil(*cols, getKeyBlock()),
                            "blocks of keys", "N", *cols);
}

int64_t SelectOp::getQueryBlock() {
  return cast<BlocksType>(getResult().getType()).getQueryBlock();
}

int64_t SelectOp::getKeyBlock() {
  return cast<BlocksType>(getResult().getType()).getKeyBlock();
}

int64_t SelectOp::getGroup() {
  return cast<BlocksType>(getResult().getType()).getGroup();
}

bool SelectOp::hasBatch() {
  return cast<RankedTensorType>(getScores().getType()).getRank() == 4;
}

SmallVector<OpFoldResult> SelectOp::buildScoreExtents(IndexMath &math) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(math.getBuilder(), getLoc(), getScores());
  if (!hasBatch())
    sizes.insert(sizes.begin(), math.constant(1));
  return sizes;
}

OpFoldResult SelectOp::buildGroups(IndexMath &math) {
  return math.floorDiv(buildScoreExtents(math)[1], getGroup());
}

OpFoldResult SelectOp::buildMost(IndexMath &math) {
  return math.min(math.constant(getK()),
                  math.ceilDiv(getCols(), getKeyBlock()));
}

SmallVector<OpFoldResult> SelectOp::buildExtents(IndexMath &math) {
  SmallVector<OpFoldResult> sizes = buildScoreExtents(math);
  // A last element, the number of all blocks, is there in any case.
  OpFoldResult one = math.constant(1);
  return {math.max(sizes[0], one), math.max(buildGroups(math), one),
          math.add(sizes[2], 1)};
}

OpFoldResult SelectOp::buildNumEntries(IndexMath &math) {
  SmallVector<OpFoldResult> sizes = buildScoreExtents(math);
  Value product = math.materialize(buildMost(math));
  for (OpFoldResult extent : {sizes[0], buildGroups(math), sizes[2]})
    product = math.getBuilder().createOrFold<arith::MulIOp>(
        getLoc(), product, math.materialize(extent));
  return getAsOpFoldResult(product);
}
