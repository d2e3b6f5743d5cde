//===- FeatureLowering.cpp - features of a tile of rows -------------------===//
//
// Lowers attn.map_features: rows go through scratch memory in blocks, where
// they are whole vectors of numbers whatever they were.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Linear/Features.h"
#include "Lowering.h"
#include "Vector/Neighbours.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

static MemRefType typeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

/// True for features of one element each, whose rows are whole vectors of
/// numbers already: they need no scratch memory.
static bool isDirect(VectorBuilder &b, const FeatureBlock &block, Value out) {
  MapFeaturesOp op = block.op;
  FeatureMap kind = op.getKind();
  return (kind == FeatureMap::Relu || kind == FeatureMap::Elu1 ||
          kind == FeatureMap::Exp || kind == FeatureMap::Pointwise) &&
         block.width % b.lanes == 0 && typeOf(out).isLastDimUnitStride() &&
         typeOf(out).getElementType() == b.element;
}

static void buildFeatures(VectorBuilder &b, FeatureBlock &block) {
  switch (block.op.getKind()) {
  case FeatureMap::Softmax:
  case FeatureMap::Hedgehog:
    return buildSoftmaxFeatures(b, block);
  case FeatureMap::Cos:
    return buildCosFeatures(b, block);
  case FeatureMap::Taylor2:
    return buildTaylorFeatures(b, block);
  case FeatureMap::Favor:
    return buildFavorFeatures(b, block);
  default:
    return buildPointwiseFeatures(b, block);
  }
}

void attn::lowerMapFeatures(MapFeaturesOp op, int64_t bits) {
  OpBuilder builder(op);
  MemRefType input = typeOf(op.getInput()), out = typeOf(op.getOut());
  FloatType element = input.getElementType().isF64()
                          ? cast<FloatType>(input.getElementType())
                          : builder.getF32Type();
  VectorBuilder b(builder, op.getLoc(), element, bits / element.getWidth());
  unsigned rank = input.getRank();
  FeatureBlock block;
  block.op = op;
  block.width = input.getShape().back();
  block.numFeatures = out.getShape().back();
  auto buffer = [&](StringRef name, int64_t width) {
    int64_t padded = llvm::alignTo(width, b.lanes) + b.lanes;
    return getScratch(op, name,
                      MemRefType::get({kFeatureRows, padded}, element));
  };
  block.rows = buffer("features.rows", block.width);
  block.features = buffer("features.out", block.numFeatures);
  Value rows = buildExtent(b, op.getInput(), rank - 2);
  Value heads = rank == 3 ? buildExtent(b, op.getInput(), 0) : b.index(1);
  b.forEach(b.index(0), heads, 1, [&](VectorBuilder &b, Value head) {
    b.forEach(b.index(0), rows, kFeatureRows, [&](VectorBuilder &b, Value row) {
      OpFoldResult count = b.min(b.constant(kFeatureRows), b.sub(rows, row));
      FeatureBlock current = block;
      current.count = b.materialize(count);
      if (op.getPosition())
        current.position = b.materialize(b.add(op.getPosition(), row));
      Value source = buildRowsOf(b, op.getInput(), head, row, count);
      Value out = buildRowsOf(b, op.getOut(), head, row, count);
      auto buildIndirect = [&](VectorBuilder &b) {
        buildRowsIn(b, source, current.count, block.rows);
        buildFeatures(b, current);
        buildRowsOut(b, block.features, current.count, out);
      };
      if (!isDirect(b, block, out))
        return buildIndirect(b);
      NeighbourView view = buildNeighbourView(b, source);
      buildEither(
          b, view.holds,
          [&](VectorBuilder &b) {
            buildDirectFeatures(b, current, view.view, out);
          },
          buildIndirect);
    });
  });
  op.erase();
}
