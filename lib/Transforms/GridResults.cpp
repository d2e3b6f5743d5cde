//===- GridResults.cpp - where grids leave their results ------------------===//
//
// Implements the replacement of an op by grids.
//
//===----------------------------------------------------------------------===//

#include "GridResults.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::replaceByGrids(
    ReifyRankedShapedTypeOpInterface op,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> build) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(builder, op, shapes)))
    return op->emitOpError() << "does not tell the shapes of its results";
  SmallVector<Value> inits;
  for (auto [shape, type] : llvm::zip_equal(shapes, op->getResultTypes()))
    inits.push_back(tensor::EmptyOp::create(
        builder, loc, shape, cast<RankedTensorType>(type).getElementType()));
  SmallVector<Value> results = build(builder, inits);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results)) {
    // Users may expect more static types than reified shapes give.
    Value replacement = value;
    if (value.getType() != result.getType())
      replacement =
          tensor::CastOp::create(builder, loc, result.getType(), value);
    result.replaceAllUsesWith(replacement);
  }
  op->erase();
  return success();
}
