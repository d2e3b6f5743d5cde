//===- TileProduct.cpp - products on AMX tiles ----------------------------===//
//
// Builds the micro-kernel from ops of the amx dialect. 2 x 2 accumulators, one
// left and two right operands take seven of the eight tile registers; four
// loads then serve four products.
//
//===----------------------------------------------------------------------===//

#include "TileProduct.h"

using namespace mlir;
using namespace mlir::attn;

static amx::TileType getAccumulatorType(OpBuilder &builder) {
  return amx::TileType::get({kTileRows, kTileRows}, builder.getF32Type());
}

Value attn::buildOperandTile(OpBuilder &builder, Location loc, Value buffer,
                             ValueRange indices) {
  auto type =
      amx::TileType::get({kTileRows, kTileDepth}, builder.getBF16Type());
  return amx::TileLoadOp::create(builder, loc, type, buffer, indices);
}

Value attn::buildZeroTile(OpBuilder &builder, Location loc) {
  return amx::TileZeroOp::create(builder, loc, getAccumulatorType(builder));
}

SmallVector<Value> TileProduct::buildZeros(OpBuilder &builder,
                                           Location loc) const {
  SmallVector<Value> acc;
  for (int64_t k = 0; k < rows * columns; ++k)
    acc.push_back(buildZeroTile(builder, loc));
  return acc;
}

SmallVector<Value> TileProduct::buildLoads(OpBuilder &builder, Location loc,
                                           Value buffer, Place place) const {
  SmallVector<Value> acc;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      acc.push_back(amx::TileLoadOp::create(
          builder, loc, getAccumulatorType(builder), buffer, place(r, c)));
  return acc;
}

void TileProduct::buildStores(OpBuilder &builder, Location loc, ValueRange acc,
                              Value buffer, Place place) const {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      amx::TileStoreOp::create(builder, loc, buffer, place(r, c),
                               acc[r * columns + c]);
}

SmallVector<Value> TileProduct::buildStep(OpBuilder &builder, Location loc,
                                          ValueRange acc, LoadOperand left,
                                          LoadOperand right) const {
  return buildFirstStep(builder, loc, acc, left, right,
                        [](int64_t, int64_t, Value old) { return old; });
}

SmallVector<Value> TileProduct::buildFirstStep(OpBuilder &builder, Location loc,
                                               ValueRange acc, LoadOperand left,
                                               LoadOperand right,
                                               Replace replace) const {
  SmallVector<Value> next(acc), rightTiles;
  for (int64_t r = 0; r < rows; ++r) {
    Value leftTile = left(r);
    for (int64_t c = 0; c < columns; ++c) {
      if (r == 0)
        rightTiles.push_back(right(c));
      Value &sum = next[r * columns + c];
      sum = replace(r, c, sum);
      sum = amx::TileMulFOp::create(builder, loc, sum.getType(), leftTile,
                                    rightTiles[c], sum);
    }
  }
  return next;
}
