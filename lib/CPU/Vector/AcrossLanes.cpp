//===- AcrossLanes.cpp - what goes across lanes ---------------------------===//
//
// Builds reductions over lanes and transposes from shuffles of two vectors.
//
//===----------------------------------------------------------------------===//

#include "Vector/AcrossLanes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Lanes of x where bit `half` of the lane is clear, and of y where it is set:
/// of both the lanes that have it clear, and of both those that have it set.
static std::pair<Value, Value> exchange(VectorBuilder &b, Value x, Value y,
                                        int64_t half) {
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < b.lanes; ++lane) {
    bool fromX = (lane & half) == 0;
    low.push_back(fromX ? lane : b.lanes + lane - half);
    high.push_back(fromX ? lane + half : b.lanes + lane);
  }
  OpBuilder &builder = b.getBuilder();
  return {vector::ShuffleOp::create(builder, b.getLoc(), x, y, low),
          vector::ShuffleOp::create(builder, b.getLoc(), x, y, high)};
}

SmallVector<Value> attn::buildSumsOfLanes(VectorBuilder &b,
                                          ArrayRef<Value> vectors) {
  SmallVector<Value> results;
  for (size_t first = 0; first < vectors.size(); first += b.lanes) {
    SmallVector<Value> level(vectors.slice(first, b.lanes));
    for (int64_t half = b.lanes / 2; half > 0; half /= 2)
      for (int64_t k = 0; k < half; ++k) {
        auto [low, high] = exchange(b, level[k], level[k + half], half);
        level[k] = b.addf(low, high);
      }
    results.push_back(level.front());
  }
  return results;
}

SmallVector<Value> attn::buildTransposed(VectorBuilder &b,
                                         ArrayRef<Value> vectors) {
  SmallVector<Value> square(vectors);
  for (int64_t half = b.lanes / 2; half > 0; half /= 2)
    for (int64_t k = 0; k < b.lanes; ++k)
      if ((k & half) == 0)
        std::tie(square[k], square[k + half]) =
            exchange(b, square[k], square[k + half], half);
  return square;
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
