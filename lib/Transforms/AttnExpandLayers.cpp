//===- AttnExpandLayers.cpp - layers as matrix products and a core --------===//
//
// Turns each attn.layer into products that are seen as heads, its core, and the
// product of its heads. What reads the same rows is one product.
//
//===----------------------------------------------------------------------===//

#include "LayerProjections.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

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
    Value input = layer.getInput(), memory = layer.getMemory();
    int64_t heads = layer.getHeads(), kvHeads = layer.getKvHeads();
    SmallVector<Value> projected;
    if (memory) {
      projected = buildProducts(builder, layer, input, layer.getWq());
      projected.append(buildProducts(builder, layer, memory,
                                     {layer.getWk(), layer.getWv()}));
    } else {
      projected = buildProducts(builder, layer, input,
                                {layer.getWq(), layer.getWk(), layer.getWv()});
    }
    for (auto [value, count] :
         llvm::zip_equal(projected, ArrayRef{heads, kvHeads, kvHeads}))
      value = SplitHeadsOp::create(builder, layer.getLoc(), value, count);
    Value out = inlineCore(layer, projected);
    Value result =
        layer.getWo()
            ? buildProducts(builder, layer, out, layer.getWo()).front()
            : buildMergedHeads(builder, layer.getLoc(), out, Value());
    layer.getResult().replaceAllUsesWith(result);
    layer.erase();
  }

  /// `rows` `[B, M, C]` or `[B, G, M, E]` times each of `weights`, in one op.
  static SmallVector<Value> buildProducts(OpBuilder &builder, LayerOp layer,
                                          Value rows, ValueRange weights) {
    Location loc = layer.getLoc();
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
    OpFoldResult batches = sizes[0], count = sizes[sizes.size() - 2];
    Type element = getElementTypeOrSelf(rows.getType());
    SmallVector<Value> outs;
    for (Value weight : weights)
      outs.push_back(tensor::EmptyOp::create(
          builder, loc,
          ArrayRef<OpFoldResult>{batches, count,
                                 tensor::getMixedSize(builder, loc, weight, 1)},
          element));
    return SmallVector<Value>(ProductOp::create(builder, loc,
                                                TypeRange(ValueRange(outs)),
                                                rows, weights, outs)
                                  .getResults());
  }
};

} // namespace
