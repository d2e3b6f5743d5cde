//===- GridResults.cpp - where grids leave their results ------------------===//
//
// Implements the replacement of an op by grids, and the choice between two.
//
//===----------------------------------------------------------------------===//

#include "GridResults.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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

SmallVector<Value> attn::buildByNumber(
    OpBuilder &builder, Location loc, OpFoldResult number, ScheduleAttr few,
    ScheduleAttr many,
    llvm::function_ref<SmallVector<Value>(OpBuilder &, ScheduleAttr)> build) {
  IndexMath math(builder, loc);
  Value isFew = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sle, math.materialize(number),
      math.materialize(math.constant(few.getQueryBlock())));
  auto buildCase = [&](ScheduleAttr chosen) {
    return [&, chosen](OpBuilder &inner, Location) {
      scf::YieldOp::create(inner, loc, build(inner, chosen));
    };
  };
  auto branch =
      scf::IfOp::create(builder, loc, isFew, buildCase(few), buildCase(many));
  return SmallVector<Value>(branch.getResults());
}
