//===- AttnExpandLayers.cpp - layers as matrix products and a core --------===//
//
// Turns each attn.layer into projections into heads, its core, and the
// projection back.
//
//===----------------------------------------------------------------------===//

#include "LayerProjections.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNEXPANDLAYERS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnExpandLayers : attn::impl::AttnExpandLayersBase<AttnExpandLayers> {
  void runOnOperation() override {
    // Post-order: a layer in the core of another is expanded first.
    SmallVector<LayerOp> layers;
    getOperation().walk([&](LayerOp op) { layers.push_back(op); });
    for (LayerOp layer : layers)
      expand(layer);
  }

  static void expand(LayerOp layer) {
    OpBuilder builder(layer);
    Location loc = layer.getLoc();
    Value input = layer.getInput();
    Value memory = layer.getMemory() ? layer.getMemory() : input;
    int64_t heads = layer.getHeads(), kvHeads = layer.getKvHeads();
    Value query = buildHeads(builder, loc, input, layer.getWq(), heads);
    Value key = buildHeads(builder, loc, memory, layer.getWk(), kvHeads);
    Value value = buildHeads(builder, loc, memory, layer.getWv(), kvHeads);
    Value out = inlineCore(layer, {query, key, value});
    layer.getResult().replaceAllUsesWith(
        buildMergedHeads(builder, loc, out, layer.getWo()));
    layer.erase();
  }
};

} // namespace
