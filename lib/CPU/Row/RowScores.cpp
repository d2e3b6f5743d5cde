//===- RowScores.cpp - vectors of scores of a few keys --------------------===//
//
// Adds the bias, adjusts scores, and drops pairs beyond the last key.
//
//===----------------------------------------------------------------------===//

#include "Row/RowScores.h"
#include "Vector/ScoreAdjuster.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// The bias of each lane in the units of scores, read one by one, for keys from
/// `col` on, of which `lastCol` is the last.
static Value buildLaneBias(VectorBuilder &b, StepOp step, Lanes &places,
                           Value col, Value lastCol) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Type index = builder.getIndexType();
  Value heads = places.getHeads(), raw = places.getRows(index);
  Value keys = places.buildKeys(builder, col, lastCol, index);
  auto lane = [&](Value value, int64_t k) -> Value {
    if (!isa<VectorType>(value.getType()))
      return value;
    return vector::ExtractOp::create(builder, loc, value, k);
  };
  unsigned rank = cast<MemRefType>(step.getBias().getType()).getRank();
  OpFoldResult lastRow = b.add(step.getNumRows(), -1);
  SmallVector<Value> elements;
  for (int64_t k = 0; k < b.lanes; ++k) {
    // Lanes beyond the last query of the tile read what is there.
    Value row = b.materialize(b.min(lane(raw, k), lastRow));
    Value place[] = {step.getBatch(), lane(heads, k), row, lane(keys, k)};
    SmallVector<Value> indices;
    for (unsigned dim = 0; dim < rank; ++dim)
      indices.push_back(buildBiasIndex(b, step, dim, place[dim + 4 - rank]));
    elements.push_back(b.loadScalar(step.getBias(), indices));
  }
  Value bias =
      vector::FromElementsOp::create(builder, loc, b.getType(), elements);
  return b.mulf(bias, b.splat(WeightRule(step).unit));
}

FailureOr<Value> attn::finishRowScore(VectorBuilder &b, StepOp step,
                                      Lanes &places, Value score,
                                      OpFoldResult first, KeyRange visible) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Value col = b.materialize(b.add(step.getCol(), first));
  Value lastCol = b.materialize(b.add(step.getCol(), b.add(visible.hi, -1)));
  Value bias;
  if (step.getBias())
    bias = buildLaneBias(b, step, places, col, lastCol);
  if (bias || hasAdjustedScores(step)) {
    FailureOr<Value> adjusted =
        buildAdjustedScore(b, places, score, bias, col, lastCol);
    if (failed(adjusted))
      return failure();
    score = *adjusted;
  }
  // Lane l is key first + l / W of the block.
  SmallVector<int32_t> further;
  for (int64_t lane = 0; lane < b.lanes; ++lane)
    further.push_back(lane / step.getSchedule().getPanel());
  auto type = VectorType::get({b.lanes}, builder.getI32Type());
  Value number = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, ArrayRef(further)));
  Value left = b.materialize(b.sub(visible.hi, first));
  Value valid =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, number,
                            places.splat(builder, left, builder.getI32Type()));
  return arith::SelectOp::create(builder, loc, valid, score,
                                 b.splat(WeightRule(step).dropped))
      .getResult();
}
