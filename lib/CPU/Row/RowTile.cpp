//===- RowTile.cpp - across the lanes of form row -------------------------===//
//
// Builds the few operations that go across lanes.
//
//===----------------------------------------------------------------------===//

#include "Row/RowTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Lanes of x where bit `half` of the lane is clear, and of y where it is set,
/// each plus its neighbour at distance `half`.
static Value foldHalves(VectorBuilder &b, Value x, Value y, int64_t half) {
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < b.lanes; ++lane) {
    bool fromX = (lane & half) == 0;
    low.push_back(fromX ? lane : b.lanes + lane - half);
    high.push_back(fromX ? lane + half : b.lanes + lane);
  }
  OpBuilder &builder = b.getBuilder();
  Value lows = vector::ShuffleOp::create(builder, b.getLoc(), x, y, low);
  Value highs = vector::ShuffleOp::create(builder, b.getLoc(), x, y, high);
  return b.addf(lows, highs);
}

SmallVector<Value> attn::buildSumsOfLanes(VectorBuilder &b,
                                          ArrayRef<Value> vectors) {
  SmallVector<Value> results;
  for (size_t first = 0; first < vectors.size(); first += b.lanes) {
    SmallVector<Value> level(vectors.slice(first, b.lanes));
    for (int64_t half = b.lanes / 2; half > 0; half /= 2)
      for (int64_t k = 0; k < half; ++k)
        level[k] = foldHalves(b, level[k], level[k + half], half);
    results.push_back(level.front());
  }
  return results;
}

Value attn::buildPeriodicReduction(VectorBuilder &b, Value vector,
                                   int64_t period,
                                   llvm::function_ref<Value(Value, Value)> op) {
  for (int64_t distance = b.lanes / 2; distance >= period; distance /= 2) {
    SmallVector<int64_t> other;
    for (int64_t lane = 0; lane < b.lanes; ++lane)
      other.push_back(lane ^ distance);
    vector = op(vector, vector::ShuffleOp::create(b.getBuilder(), b.getLoc(),
                                                  vector, vector, other));
  }
  return vector;
}

Value attn::buildRepeated(VectorBuilder &b, Value vector) {
  int64_t period = cast<VectorType>(vector.getType()).getDimSize(0);
  if (period == b.lanes)
    return vector;
  SmallVector<int64_t> lanes;
  for (int64_t lane = 0; lane < b.lanes; ++lane)
    lanes.push_back(lane % period);
  return vector::ShuffleOp::create(b.getBuilder(), b.getLoc(), vector, vector,
                                   lanes);
}

Value attn::buildFirst(VectorBuilder &b, Value vector, int64_t count) {
  if (count == b.lanes)
    return vector;
  return vector::ExtractStridedSliceOp::create(
      b.getBuilder(), b.getLoc(), vector, ArrayRef<int64_t>{0},
      ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
}
