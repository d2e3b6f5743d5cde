//===- Weights.cpp - the probabilities of softmax attention ---------------===//
//
// Implements attn.weights: its text, its rules and its shape.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

ParseResult WeightsOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseScoreOp<WeightsOp>(parser, result, 2);
}

void WeightsOp::print(OpAsmPrinter &printer) {
  printScoreOp(printer, *this, 2);
}

LogicalResult WeightsOp::verify() {
  ScoreClauses clauses = ScoreClauses::of(*this);
  if (failed(verifyScoreClauses(clauses)))
    return failure();
  RankedTensorType query = clauses.getQueryType(), key = clauses.getKeyType();
  SmallVector<int64_t> shape(query.getShape());
  shape.back() = key.getDimSize(key.getRank() - 2);
  auto expected = RankedTensorType::get(shape, query.getElementType());
  if (getProbabilities().getType() != expected)
    return emitOpError() << "result has type " << getProbabilities().getType()
                         << ", expected " << expected;
  return success();
}

LogicalResult WeightsOp::verifyRegions() {
  return verifyScoreRegion(*this, getScore(),
                           ScoreClauses::of(*this).getAccumulatorType());
}

LogicalResult
WeightsOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getQuery());
  sizes.back() =
      tensor::getMixedSize(builder, getLoc(), getKey(), sizes.size() - 2);
  shapes.push_back(std::move(sizes));
  return success();
}
