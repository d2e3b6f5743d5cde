//===- CompressOp.cpp - fewer rows ----------------------------------------===//
//
// Implements the rules and the shape of attn.compress.
//
//===----------------------------------------------------------------------===//

#include "Mechanisms/Sequences.h"
#include "attn/IR/Windows.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

int64_t attn::countWindows(int64_t rows, int64_t length, int64_t stride) {
  return rows < length ? 0 : (rows - length) / stride + 1;
}

OpFoldResult attn::buildNumWindows(IndexMath &math, OpFoldResult rows,
                                   int64_t length, int64_t stride) {
  OpFoldResult whole = math.floorDiv(math.add(rows, stride - length), stride);
  return math.max(whole, math.constant(0));
}

/// Exactly one kind, with the clauses that go with it, and numbers in range.
static LogicalResult verifyKind(CompressOp op) {
  unsigned kinds =
      bool(op.getLength()) + bool(op.getSegments()) + bool(op.getMatrix());
  if (kinds != 1)
    return op.emitOpError() << "has " << kinds
                            << " kinds of rows, expected one of length and "
                               "stride, segment_mean, and matrix";
  if (op.getLength().has_value() != op.getStride().has_value())
    return op.emitOpError()
           << "has only one of length and stride, expected both or neither";
  if (op.getLens() && !op.getSegments())
    return op.emitOpError() << "has lens, expected segment_mean with it";
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (auto [name, number] :
       {std::pair<StringRef, std::optional<uint64_t>>("length", op.getLength()),
        {"stride", op.getStride()},
        {"segment_mean", op.getSegments()}})
    if (number && (int64_t(*number) < 1 || int64_t(*number) > most))
      return op.emitOpError() << "has " << name << ' ' << int64_t(*number)
                              << ", expected a number from 1 to " << most;
  return success();
}

/// The rules on the rows that segments need, and on their lengths.
static LogicalResult verifySegments(CompressOp op, int64_t rows) {
  int64_t segments = *op.getSegments();
  if (!op.getLens() && !ShapedType::isDynamic(rows) && segments > rows)
    return op.emitOpError() << "has " << segments << " segments of " << rows
                            << " rows, expected no more segments than rows";
  if (!op.getLens())
    return success();
  auto lens = cast<RankedTensorType>(op.getLens().getType());
  auto input = cast<RankedTensorType>(op.getInput().getType());
  if (lens.getRank() != 1)
    return op.emitOpError() << "lens has rank " << lens.getRank()
                            << ", expected one length per batch element";
  if (lens.getDimSize(0) == 1)
    return success();
  return verifySameExtent(op, "extent", "lens", lens.getDimSize(0),
                          "the batch dimension of input",
                          input.getRank() == 4 ? input.getDimSize(0) : 1);
}

/// The rules on the matrix beside the heads and rows of the input.
static LogicalResult verifyMatrix(CompressOp op, int64_t heads, int64_t rows) {
  auto matrix = cast<RankedTensorType>(op.getMatrix().getType());
  int64_t rank = matrix.getRank();
  if (rank != 2 && rank != 3)
    return op.emitOpError()
           << "matrix has rank " << rank << ", expected [r, L] or [Hp, r, L]";
  if (failed(verifySameElement(op, "matrix", op.getMatrix(), "input",
                               op.getInput())))
    return failure();
  int64_t columns = matrix.getDimSize(rank - 1);
  if (!ShapedType::isDynamic(rows) && !ShapedType::isDynamic(columns) &&
      rows > columns)
    return op.emitOpError()
           << "matrix has " << columns << " columns, input has " << rows
           << " rows: expected no more rows";
  if (rank == 2)
    return success();
  int64_t have = matrix.getDimSize(0);
  if (ShapedType::isDynamic(have) || ShapedType::isDynamic(heads) ||
      (heads != 0 && have % heads == 0))
    return success();
  return op.emitOpError() << "matrix has " << have << " heads, input has "
                          << heads << ": expected a multiple";
}

LogicalResult CompressOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  int64_t rank = input.getRank();
  if (rank != 3 && rank != 4)
    return emitOpError() << "input has rank " << rank
                         << ", expected [B, H, N, D] or [H, N, D]";
  if (failed(verifyKind(*this)))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  int64_t &heads = shape[rank - 3], &rows = shape[rank - 2];
  if (getSegments()) {
    if (failed(verifySegments(*this, rows)))
      return failure();
    rows = *getSegments();
  } else if (getMatrix()) {
    if (failed(verifyMatrix(*this, heads, rows)))
      return failure();
    auto matrix = cast<RankedTensorType>(getMatrix().getType());
    rows = matrix.getDimSize(matrix.getRank() - 2);
    if (matrix.getRank() == 3)
      heads = matrix.getDimSize(0);
  } else if (!ShapedType::isDynamic(rows)) {
    rows = countWindows(rows, *getLength(), *getStride());
  }
  auto expected = RankedTensorType::get(shape, input.getElementType());
  if (getResult().getType() != expected)
    return emitOpError() << "result has type " << getResult().getType()
                         << ", expected " << expected;
  return success();
}

LogicalResult
CompressOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &shapes) {
  IndexMath math(builder, getLoc());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getInput());
  unsigned rank = sizes.size();
  OpFoldResult &rows = sizes[rank - 2];
  if (Value matrix = getMatrix()) {
    unsigned last = cast<RankedTensorType>(matrix.getType()).getRank() - 1;
    rows = tensor::getMixedSize(builder, getLoc(), matrix, last - 1);
    if (last == 2)
      sizes[rank - 3] = tensor::getMixedSize(builder, getLoc(), matrix, 0);
  } else if (getSegments()) {
    rows = math.constant(*getSegments());
  } else {
    rows = buildNumWindows(math, rows, *getLength(), *getStride());
    if (!getConstantIntValue(rows))
      rows = math.materialize(rows);
  }
  shapes.push_back(std::move(sizes));
  return success();
}
