//===- ProductOps.cpp - products of matrices ------------------------------===//
//
// Implements the rules and shapes of attn.product and attn.split_heads.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// attn.product
//===----------------------------------------------------------------------===//

/// `lhs` times `rhs`, dynamic if one of them is.
static int64_t multiplyExtents(int64_t lhs, int64_t rhs) {
  if (ShapedType::isDynamic(lhs) || ShapedType::isDynamic(rhs))
    return ShapedType::kDynamic;
  return lhs * rhs;
}

/// The rules on operand `name`: its rank and its element type.
static LogicalResult verifyOperand(ProductOp op, StringRef name, Value value,
                                   int64_t rank, StringRef form) {
  auto type = cast<ShapedType>(value.getType());
  Type element = cast<ShapedType>(op.getRows().getType()).getElementType();
  if (type.getRank() != rank)
    return op.emitOpError()
           << name << " has rank " << type.getRank() << ", expected " << form;
  if (type.getElementType() != element)
    return op.emitOpError()
           << name << " has element type " << type.getElementType()
           << ", rows have " << element << ": expected them to be equal";
  return success();
}

LogicalResult ProductOp::verify() {
  auto rows = cast<ShapedType>(getRows().getType());
  int64_t rank = rows.getRank();
  if (rank != 3 && rank != 4)
    return emitOpError() << "rows have rank " << rank
                         << ", expected [B, M, C] or [B, G, M, E]";
  if (!isa<FloatType>(rows.getElementType()))
    return emitOpError() << "rows have element type " << rows.getElementType()
                         << ", expected a float type";
  if (getWeights().empty())
    return emitOpError() << "has no weights, expected at least one matrix";
  int64_t depth = rows.getDimSize(rank - 1);
  if (rank == 4)
    depth = multiplyExtents(depth, rows.getDimSize(1));
  for (auto [weight, out] : llvm::zip_equal(getWeights(), getOuts())) {
    if (failed(verifyOperand(*this, "weight", weight, 2, "a matrix")) ||
        failed(verifyOperand(*this, "out", out, 3, "[B, M, N]")))
      return failure();
    auto matrix = cast<ShapedType>(weight.getType());
    auto result = cast<ShapedType>(out.getType());
    if (failed(verifySameExtent(*this, "row count", "weight",
                                matrix.getDimSize(0), "the width of rows",
                                depth)) ||
        failed(verifySameExtent(*this, "batch size", "out",
                                result.getDimSize(0), "rows",
                                rows.getDimSize(0))) ||
        failed(verifySameExtent(*this, "row count", "out", result.getDimSize(1),
                                "rows", rows.getDimSize(rank - 2))) ||
        failed(verifySameExtent(*this, "column count", "out",
                                result.getDimSize(2), "weight",
                                matrix.getDimSize(1))))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// attn.split_heads
//===----------------------------------------------------------------------===//

/// The type of `rows` as heads.
static RankedTensorType getSplitType(RankedTensorType rows, int64_t heads) {
  int64_t width = rows.getDimSize(2);
  if (!ShapedType::isDynamic(width))
    width /= heads;
  return RankedTensorType::get(
      {rows.getDimSize(0), heads, rows.getDimSize(1), width},
      rows.getElementType());
}

void SplitHeadsOp::build(OpBuilder &builder, OperationState &state, Value rows,
                         int64_t heads) {
  build(builder, state,
        getSplitType(cast<RankedTensorType>(rows.getType()), heads), rows,
        heads);
}

LogicalResult SplitHeadsOp::verify() {
  auto rows = cast<RankedTensorType>(getRows().getType());
  int64_t heads = getHeads();
  if (rows.getRank() != 3)
    return emitOpError() << "rows have rank " << rows.getRank()
                         << ", expected [B, M, H * D]";
  if (heads <= 0)
    return emitOpError() << "has heads " << heads << ", expected at least 1";
  int64_t width = rows.getDimSize(2);
  if (!ShapedType::isDynamic(width) && width % heads != 0)
    return emitOpError() << "rows have width " << width
                         << ", expected a multiple of heads = " << heads;
  RankedTensorType expected = getSplitType(rows, heads);
  if (getResult().getType() != expected)
    return emitOpError() << "result has type " << getResult().getType()
                         << ", expected " << expected;
  return success();
}

LogicalResult
SplitHeadsOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> rows =
      tensor::getMixedSizes(builder, getLoc(), getRows());
  IndexMath math(builder, getLoc());
  shapes.push_back({rows[0], builder.getIndexAttr(getHeads()), rows[1],
                    math.floorDiv(rows[2], getHeads())});
  return success();
}
