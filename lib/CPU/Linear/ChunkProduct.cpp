//===- ChunkProduct.cpp - products of the matrices of a chunk -------------===//
//
// Implements products by register tiles, two vectors wide. Elements of the left
// matrix are broadcast from memory, so neither it nor the right one is packed:
// all are buffers of a chunk, in the first two caches.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// Vectors of a register tile.
static constexpr int64_t kVectors = 2;

Value LeftMatrix::load(VectorBuilder &b, Value row, Value depth) const {
  return isTransposed ? b.loadScalar(buffer, {depth, row})
                      : b.loadScalar(buffer, {row, depth});
}

SumTile::SumTile(VectorBuilder &b, RegisterTile tile, Value row, Value column)
    : tile(tile), row(row), column(column) {
  sums.assign(tile.rows, SmallVector<Value>(tile.vectors, b.splat(0)));
}

Value SumTile::getRow(VectorBuilder &b, int64_t r) const {
  return b.materialize(b.add(row, r));
}

Value SumTile::getColumn(VectorBuilder &b, int64_t v) const {
  return b.materialize(b.add(column, v * tile.lanes));
}

void SumTile::update(VectorBuilder &b, Update update) {
  for (int64_t r = 0; r < tile.rows; ++r)
    for (int64_t v = 0; v < tile.vectors; ++v)
      sums[r][v] = update(b, sums[r][v], r, v);
}

void SumTile::add(VectorBuilder &b, LeftMatrix left, Value right, Value lo,
                  Value hi) {
  SmallVector<Value> blocks;
  for (int64_t v = 0; v < tile.vectors; ++v)
    blocks.push_back(tile.buildBlock(b.getBuilder(), b.getLoc(),
                                     [&](int64_t r) { return sums[r][v]; }));
  blocks = tile.buildProduct(
      b.getBuilder(), b.getLoc(), blocks, lo, hi,
      [&](OpBuilder &inner, Value depth, int64_t r) {
        VectorBuilder at = b.at(inner);
        return left.load(at, getRow(at, r), depth);
      },
      [&](OpBuilder &inner, Value depth, int64_t v) {
        VectorBuilder at = b.at(inner);
        return at.load(right, {depth, getColumn(at, v)});
      });
  for (int64_t v = 0; v < tile.vectors; ++v)
    for (int64_t r = 0; r < tile.rows; ++r)
      sums[r][v] = tile.buildRow(b.getBuilder(), b.getLoc(), blocks[v], r);
}

void SumTile::load(VectorBuilder &b, Value buffer) {
  update(b, [&](VectorBuilder &b, Value, int64_t r, int64_t v) {
    return b.load(buffer, {getRow(b, r), getColumn(b, v)});
  });
}

void SumTile::store(VectorBuilder &b, Value buffer) {
  for (int64_t r = 0; r < tile.rows; ++r)
    for (int64_t v = 0; v < tile.vectors; ++v)
      b.store(sums[r][v], buffer, {getRow(b, r), getColumn(b, v)});
}

void attn::forEachTile(
    VectorBuilder &b, const TileRange &range,
    llvm::function_ref<void(VectorBuilder &, SumTile &)> body) {
  int64_t height = range.rowsOfTile, width = kVectors * b.lanes;
  int64_t wide = range.columns / width * width;
  int64_t high = range.rows / height * height;
  auto buildTile = [&](VectorBuilder &b, int64_t rows, int64_t vectors,
                       Value row, Value column) {
    SumTile tile(b, {rows, vectors, b.lanes, b.element}, row, column);
    body(b, tile);
  };
  auto buildColumn = [&](VectorBuilder &b, int64_t vectors, Value column) {
    OpFoldResult begin = b.constant(0), end = b.constant(high);
    if (range.fromDiagonal)
      begin = b.mul(b.floorDiv(column, height), height);
    if (range.rowLimit)
      end = b.min(b.mul(b.ceilDiv(range.rowLimit, height), height), end);
    b.forEach(b.materialize(begin), b.materialize(end), height,
              [&](VectorBuilder &b, Value row) {
                buildTile(b, height, vectors, row, column);
              });
    if (high != range.rows)
      buildTile(b, range.rows - high, vectors, b.index(high), column);
  };
  if (wide) {
    Value end = b.index(wide);
    if (range.columnLimit)
      end = b.materialize(b.min(range.columnLimit, b.constant(wide)));
    b.forEach(b.index(0), end, width, [&](VectorBuilder &b, Value column) {
      buildColumn(b, kVectors, column);
    });
  }
  if (wide == range.columns)
    return;
  auto buildRest = [&](VectorBuilder &b, Value column) {
    buildColumn(b, (range.columns - wide) / b.lanes, column);
  };
  // At most one turn, and none where nothing is left.
  if (range.columnLimit)
    b.forEach(b.index(wide), range.columnLimit, width, buildRest);
  else
    buildRest(b, b.index(wide));
}
