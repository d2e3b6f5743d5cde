//===- FavorFeatures.cpp - positive random features -----------------------===//
//
// Implements the features of FAVOR+ (arXiv:2009.14794) of a block of rows.
// Lanes are rows: with omega on the left nothing of it is transposed, and
// maxima over the features of a row are maxima of vectors.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkProduct.h"
#include "Linear/ChunkRows.h"
#include "Linear/Features.h"
#include "Lowering.h"
#include "Vector/AcrossLanes.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// Rows of a register tile: vectors of features beside two of rows.
static constexpr int64_t kTileRows = 6;

void attn::buildFavorFeatures(VectorBuilder &b, FeatureBlock &block) {
  auto buffer = [&](StringRef name, int64_t rows) {
    return getScratch(block.op, name,
                      MemRefType::get({rows, kFeatureRows}, b.element));
  };
  int64_t width = block.width, features = block.numFeatures;
  int64_t paddedFeatures = llvm::alignTo(features, b.lanes);
  Value columns =
      buffer("features.columns", llvm::alignTo(width, b.lanes) + b.lanes);
  Value exponents = buffer("features.exponents", paddedFeatures);
  Value zero = b.index(0), all = b.index(kFeatureRows);
  buildTransposedRows(b, block.rows, zero, all, columns);
  double scale = std::pow(double(width), -0.25);
  forEachTile(b, {kTileRows, features, kFeatureRows},
              [&](VectorBuilder &b, SumTile &tile) {
                tile.add(b, {block.op.getOmega()}, columns, b.index(0),
                         b.index(width));
                tile.store(b, exponents);
              });
  b.forEach(zero, all, b.lanes, [&](VectorBuilder &b, Value row) {
    // In units of log2: omega y - y y / 2, y = scale x.
    Value squares =
        b.fold(b.index(0), b.index(width), 1, b.splat(0),
               [&](VectorBuilder &b, Value channel, ValueRange sum) {
                 Value x = b.load(columns, {channel, row});
                 return SmallVector<Value>{vector::FMAOp::create(
                     b.getBuilder(), b.getLoc(), x, x, sum.front())};
               })
            .front();
    Value shift = b.mulf(squares, b.splat(scale * scale / 2 * kLog2E));
    double minusInf = -std::numeric_limits<double>::infinity();
    Value max =
        b.fold(b.index(0), b.index(features), 1, b.splat(minusInf),
               [&](VectorBuilder &b, Value feature, ValueRange max) {
                 Value exponent =
                     b.subf(b.mulf(b.load(exponents, {feature, row}),
                                   b.splat(scale * kLog2E)),
                            shift);
                 b.store(exponent, exponents, {feature, row});
                 return SmallVector<Value>{b.maxf(max.front(), exponent)};
               })
            .front();
    if (block.op.getRole() == FeatureRole::Key)
      max = b.splat(double(width) / 4 * kLog2E);
    Value factor = b.splat(1 / std::sqrt(double(features)));
    b.forEach(b.index(0), b.index(features), 1,
              [&](VectorBuilder &b, Value feature) {
                Value exponent = b.load(exponents, {feature, row});
                b.store(b.mulf(b.exp2(b.subf(exponent, max)), factor),
                        exponents, {feature, row});
              });
  });
  // Back to rows of features, by squares.
  b.forEach(
      zero, b.index(paddedFeatures), b.lanes,
      [&](VectorBuilder &b, Value feature) {
        b.forEach(b.index(0), all, b.lanes, [&](VectorBuilder &b, Value row) {
          SmallVector<Value> square;
          for (int64_t k = 0; k < b.lanes; ++k)
            square.push_back(
                b.load(exponents, {b.materialize(b.add(feature, k)), row}));
          square = buildTransposed(b, square);
          for (int64_t k = 0; k < b.lanes; ++k)
            b.store(square[k], block.features,
                    {b.materialize(b.add(row, k)), feature});
        });
      });
}
