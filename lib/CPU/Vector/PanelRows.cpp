//===- PanelRows.cpp - the queries of a panel -----------------------------===//
//
// Divides a tile of rows and heads into panels.
//
//===----------------------------------------------------------------------===//

#include "Vector/PanelRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::buildQueryCount(IndexMath &math, StepOp step) {
  if (!step.getHeads())
    return step.getValidRows();
  return arith::MulIOp::create(math.getBuilder(), math.getLoc(),
                               step.getValidRows(), step.getHeads());
}

PanelRows attn::buildPanelRows(IndexMath &math, StepOp step, Value panel) {
  int64_t size = step.getSchedule().getPanel();
  PanelRows queries;
  queries.first = math.materialize(math.mul(panel, size));
  queries.count = math.materialize(
      math.min(math.constant(size), math.sub(buildQueryCount(math, step),
                                             OpFoldResult(queries.first))));
  OpFoldResult row = step.getRow();
  Value heads = step.getHeads();
  if (!heads) {
    queries.begin = math.materialize(math.add(row, queries.first));
    queries.end = math.min(math.add(row, step.getValidRows()),
                           math.add(queries.begin, size));
    return queries;
  }
  auto rowOf = [&](OpFoldResult query) -> OpFoldResult {
    Value further = arith::DivUIOp::create(math.getBuilder(), math.getLoc(),
                                           math.materialize(query), heads);
    return math.materialize(math.add(row, further));
  };
  queries.begin = rowOf(queries.first);
  OpFoldResult last =
      math.add(math.add(queries.first, OpFoldResult(queries.count)), -1);
  queries.end = math.add(rowOf(last), 1);
  return queries;
}

std::pair<Value, Value> attn::buildPlaceOfQuery(IndexMath &math, StepOp step,
                                                const PanelRows &queries,
                                                Value lane) {
  Value heads = step.getHeads();
  if (!heads)
    return {step.getHead(), math.materialize(math.add(queries.begin, lane))};
  OpBuilder &builder = math.getBuilder();
  Value query = math.materialize(math.add(queries.first, lane));
  Value further = arith::RemUIOp::create(builder, math.getLoc(), query, heads);
  Value row = arith::DivUIOp::create(builder, math.getLoc(), query, heads);
  return {math.materialize(math.add(step.getHead(), further)),
          math.materialize(math.add(step.getRow(), row))};
}
