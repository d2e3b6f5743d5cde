//===- Nystrom.cpp - softmax attention by way of landmarks ----------------===//
//
// Implements attn.nystrom: its rules and its shapes.
//
//===----------------------------------------------------------------------===//

#include "Sequences.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// The rules on the number of landmarks.
static LogicalResult verifyLandmarks(NystromOp op) {
  int64_t landmarks = op.getLandmarks();
  if (landmarks < 1)
    return op.emitOpError()
           << "has " << landmarks << " landmarks, expected at least 1";
  for (auto [name, tensor] :
       {std::pair<StringRef, Value>("query", op.getQuery()),
        {"key", op.getKey()}}) {
    auto type = cast<RankedTensorType>(tensor.getType());
    int64_t rows = type.getDimSize(type.getRank() - 2);
    if (!ShapedType::isDynamic(rows) && landmarks > rows)
      return op.emitOpError()
             << "has " << landmarks << " landmarks, " << name << " has " << rows
             << " rows: expected no more landmarks than rows";
  }
  return success();
}

static LogicalResult verifyLens(NystromOp op) {
  if (!op.getLens())
    return success();
  auto type = cast<RankedTensorType>(op.getLens().getType());
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  if (type.getRank() != 1)
    return op.emitOpError() << "lens has rank " << type.getRank()
                            << ", expected one length per batch element";
  int64_t batches = query.getRank() == 4 ? query.getDimSize(0) : 1;
  if (type.getDimSize(0) == 1)
    return success();
  return verifySameExtent(op, "extent", "lens", type.getDimSize(0),
                          "the batch dimension of query", batches);
}

/// The rules on the convolution.
static LogicalResult verifySkip(NystromOp op) {
  if (!op.getSkip())
    return success();
  auto type = cast<RankedTensorType>(op.getSkip().getType());
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  if (type.getRank() != 2)
    return op.emitOpError() << "skip has rank " << type.getRank()
                            << ", expected a kernel per head, [H, K]";
  if (failed(
          verifySameElement(op, "skip", op.getSkip(), "query", op.getQuery())))
    return failure();
  int64_t taps = type.getDimSize(1), rank = query.getRank();
  if (!ShapedType::isDynamic(taps) && taps % 2 == 0)
    return op.emitOpError()
           << "skip has kernels of " << taps
           << " elements, expected an odd number, whose middle is the row";
  if (failed(verifySameExtent(op, "head count", "skip", type.getDimSize(0),
                              "query", query.getDimSize(rank - 3))))
    return failure();
  return verifySameExtent(op, "length", "query", query.getDimSize(rank - 2),
                          "value, along which skip convolves,",
                          key.getDimSize(rank - 2));
}

LogicalResult NystromOp::verify() {
  if (failed(verifySequences(*this, getQuery(), getKey(), getValue(), getOut(),
                             getScaleAttr())) ||
      failed(verifyLandmarks(*this)) ||
      failed(verifyIterations(*this, getIters(), getSolverAttr())) ||
      failed(verifyLens(*this)) || failed(verifySkip(*this)))
    return failure();
  if (!getResidual())
    return success();
  auto query = cast<RankedTensorType>(getQuery().getType());
  FloatType element = Float32Type::get(getContext());
  if (query.getElementType().isF64())
    element = Float64Type::get(getContext());
  auto want = RankedTensorType::get(query.getShape().drop_back(2), element);
  if (getResidual().getType() != want)
    return emitOpError() << "residual has type " << getResidual().getType()
                         << ", expected " << want;
  return success();
}

LogicalResult
NystromOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> out =
      buildOutSizes(builder, getLoc(), getQuery(), getValue(), getOut());
  shapes.push_back(out);
  if (getResidual())
    shapes.push_back(SmallVector<OpFoldResult>(ArrayRef(out).drop_back(2)));
  return success();
}
