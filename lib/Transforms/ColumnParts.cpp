//===- ColumnParts.cpp - states in parts of their columns -----------------===//
//
// Implements the cut of states by columns.
//
//===----------------------------------------------------------------------===//

#include "ColumnParts.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

bool attn::hasColumnParts(LinearOp op, ScheduleAttr schedule) {
  return schedule.getColumns() > 0 && schedule.getForm() == Form::Chunk &&
         schedule.getColumns() < op.getStateWidth() && op.getCausal() &&
         !op.getNormalize();
}

ColumnParts::ColumnParts(ScanCell &cell, OpFoldResult copies)
    : width(cell.op.getStateWidth()) {
  OpBuilder &builder = cell.builder;
  Value states = cell.math.materialize(cell.extents.batches);
  for (OpFoldResult factor : {cell.extents.stateHeads, copies})
    states = arith::MulIOp::create(builder, cell.loc, states,
                                   cell.math.materialize(factor));
  size = CellColumnsOp::create(builder, cell.loc, states, width,
                               cell.schedule.getColumns(),
                               cell.schedule.getShared());
  AffineExpr divisor = builder.getAffineSymbolExpr(0);
  count = affine::makeComposedFoldedAffineApply(
      builder, cell.loc, builder.getAffineConstantExpr(width).ceilDiv(divisor),
      {OpFoldResult(size)});
}

void ColumnParts::enter(ScanCell &cell, Value part) {
  OpFoldResult first =
      arith::MulIOp::create(cell.builder, cell.loc, part, size).getResult();
  IndexMath &math = cell.math;
  cell.setColumns(
      ScanRange{first, math.min(size, math.sub(math.constant(width), first))});
}
