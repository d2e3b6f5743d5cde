//===- AttnToReference.cpp - the oracle -----------------------------------===//
//
// Lowers every op naively, in f64. Tensors stay f64 from one op to the next:
// they are rounded to their types only where something else reads them, so that
// the result is that of exact arithmetic, rounded once.
//
//===----------------------------------------------------------------------===//

#include "Compression.h"
#include "LayerProjections.h"
#include "NaiveCaches.h"
#include "NaiveLinear.h"
#include "NaiveLowRank.h"
#include "NaiveParts.h"
#include "TensorLoops.h"
#include "attn/IR/Inplace.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTOREFERENCE
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Lowers ops and remembers the f64 form of what they return.
class ReferenceLowering {
public:
  explicit ReferenceLowering(MLIRContext *context)
      : builder(context), exact(builder.getF64Type()) {}

  /// Lowers all ops of the dialect below `regions`, in program order.
  void lowerIn(MutableArrayRef<Region> regions);

  /// Erases results and roundings that nothing reads.
  void eraseUnused();

private:
  SmallVector<Value> lower(Operation *op);
  Value lowerCache(Operation *op);
  Value lowerLayer(LayerOp layer);
  ScoreClauses widen(ScoreClauses clauses);
  /// The f64 form of a tensor of floats; others (and null) stay.
  Value widen(Value tensor);
  /// The f64 forms of all operands of `op`.
  SmallVector<Value> widenAll(Operation *op);
  /// `value` of f64 rounded to `element`; its f64 form is `value`.
  Value narrow(Value value, FloatType element);

  OpBuilder builder;
  FloatType exact;
  DenseMap<Value, Value> exactForms;
  SmallVector<Value> built;
};

} // namespace

void ReferenceLowering::lowerIn(MutableArrayRef<Region> regions) {
  SmallVector<Operation *> ops;
  for (Region &region : regions)
    region.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<SdpaOp, LinearOp, WeightsOp, MergeOp, RopeOp, FeatureMapOp,
              CompressOp, LayerOp, PagedViewOp, KVAppendOp, LinformerOp,
              NystromOp, LatentOp, PinvOp, HeadProductOp>(op))
        ops.push_back(op);
      return isa<LayerOp>(op) ? WalkResult::skip() : WalkResult::advance();
    });
  for (Operation *op : ops) {
    builder.setInsertionPoint(op);
    // Caches move elements as they are stored.
    if (isa<PagedViewOp, KVAppendOp>(op)) {
      op->replaceAllUsesWith(ValueRange{lowerCache(op)});
      op->erase();
      continue;
    }
    SmallVector<Value> values = lower(op);
    llvm::append_range(built, values);
    builder.setInsertionPoint(op);
    for (auto [result, value] : llvm::zip(op->getResults(), values))
      result.replaceAllUsesWith(narrow(value, getFloatElement(result)));
    op->erase();
  }
}

SmallVector<Value> ReferenceLowering::lower(Operation *op) {
  Location loc = op->getLoc();
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case([&](SdpaOp sdpa) -> SmallVector<Value> {
        ScoreClauses clauses = widen(ScoreClauses::of(sdpa));
        NaiveResults results = buildNaiveAttention(
            builder, loc, clauses, widen(sdpa.getValue()), sdpa.getValueScale(),
            exact, !sdpa.getUnnormalized());
        return {results.out, results.lse};
      })
      .Case([&](WeightsOp weights) -> SmallVector<Value> {
        ScoreClauses clauses = widen(ScoreClauses::of(weights));
        return {buildNaiveWeights(builder, loc, clauses, exact, exact)};
      })
      .Case([&](LinearOp linear) {
        return buildNaiveLinear(
            builder, linear,
            {widen(linear.getQuery()), widen(linear.getKey()),
             widen(linear.getValue()), widen(linear.getDecay()),
             widen(linear.getBeta()), widen(linear.getState())},
            exact);
      })
      .Case([&](FeatureMapOp map) -> SmallVector<Value> {
        return {buildNaiveFeatures(builder, map, widen(map.getInput()),
                                   widen(map.getOmega()), exact)};
      })
      .Case([&](MergeOp merge) -> SmallVector<Value> {
        SmallVector<Value> outs, lses;
        for (Value out : merge.getOuts())
          outs.push_back(widen(out));
        for (Value lse : merge.getLses())
          lses.push_back(widen(lse));
        NaiveResults results =
            buildNaiveMerge(builder, loc, outs, lses, exact, exact);
        return {results.out, results.lse};
      })
      .Case([&](RopeOp rope) -> SmallVector<Value> {
        return {buildNaiveRope(builder, loc, widen(rope.getInput()),
                               rope.getCos(), rope.getSin(), rope.getLayout(),
                               exact)};
      })
      .Case([&](CompressOp compress) -> SmallVector<Value> {
        return {buildNaiveCompression(builder, compress,
                                      widen(compress.getInput()),
                                      widen(compress.getMatrix()))};
      })
      .Case([&](LinformerOp linformer) -> SmallVector<Value> {
        return {buildNaiveLinformer(builder, linformer, widenAll(op))};
      })
      .Case([&](NystromOp nystrom) -> SmallVector<Value> {
        auto [out, residual] = buildNaiveNystrom(
            builder, nystrom, widen(nystrom.getQuery()),
            widen(nystrom.getKey()), widen(nystrom.getValue()),
            widen(nystrom.getSkip()));
        return {out, residual};
      })
      .Case([&](LatentOp latent) -> SmallVector<Value> {
        SmallVector<Value> operands;
        for (Value operand :
             {latent.getQNope(), latent.getQRope(), latent.getLatent(),
              latent.getWUk(), latent.getWUv(), latent.getRope()})
          operands.push_back(widen(operand));
        return {buildNaiveLatent(builder, latent, operands)};
      })
      .Case([&](PinvOp pinv) -> SmallVector<Value> {
        auto [inverse, residual] = buildNaivePinv(
            builder, loc, widen(pinv.getInput()), pinv.getIters());
        return {inverse, residual};
      })
      .Case([&](HeadProductOp product) -> SmallVector<Value> {
        return {buildNaiveHeadProduct(builder, product, widen(product.getLhs()),
                                      widen(product.getRhs()))};
      })
      .Case([&](LayerOp layer) -> SmallVector<Value> {
        return {lowerLayer(layer)};
      });
}

Value ReferenceLowering::lowerCache(Operation *op) {
  if (auto view = dyn_cast<PagedViewOp>(op))
    return buildNaivePagedView(builder, view);
  return buildNaiveAppend(builder, cast<KVAppendOp>(op));
}

Value ReferenceLowering::lowerLayer(LayerOp layer) {
  Location loc = layer.getLoc();
  FloatType element = getFloatElement(layer.getInput());
  Value input = widen(layer.getInput());
  Value memory = layer.getMemory() ? widen(layer.getMemory()) : input;
  int64_t heads = layer.getHeads(), kvHeads = layer.getKvHeads();
  SmallVector<Value> projected = {
      buildHeads(builder, loc, input, widen(layer.getWq()), heads),
      buildHeads(builder, loc, memory, widen(layer.getWk()), kvHeads),
      buildHeads(builder, loc, memory, widen(layer.getWv()), kvHeads)};
  for (Value &value : projected)
    value = narrow(value, element);
  // The core's ops read the f64 forms of its arguments.
  for (auto [argument, value] :
       llvm::zip_equal(layer.getCore().getArguments(), projected))
    argument.replaceAllUsesWith(value);
  lowerIn(layer->getRegions());
  Value out = widen(inlineCore(layer, projected));
  builder.setInsertionPoint(layer);
  return buildMergedHeads(builder, loc, out, widen(layer.getWo()));
}

ScoreClauses ReferenceLowering::widen(ScoreClauses clauses) {
  clauses.query = widen(clauses.query);
  clauses.key = widen(clauses.key);
  clauses.bias = widen(clauses.bias);
  clauses.sink = widen(clauses.sink);
  return clauses;
}

Value ReferenceLowering::widen(Value tensor) {
  if (!tensor || getElementTypeOrSelf(tensor) == exact ||
      isa<IntegerType>(getElementTypeOrSelf(tensor)))
    return tensor;
  Value &form = exactForms[tensor];
  if (!form) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(tensor);
    form = TensorLoops(builder, tensor.getLoc()).convert(tensor, exact);
  }
  return form;
}

SmallVector<Value> ReferenceLowering::widenAll(Operation *op) {
  SmallVector<Value> forms;
  for (Value operand : op->getOperands())
    forms.push_back(widen(operand));
  return forms;
}

Value ReferenceLowering::narrow(Value value, FloatType element) {
  Value rounded = TensorLoops(builder, value.getLoc()).convert(value, element);
  if (rounded != value) {
    exactForms[rounded] = value;
    built.push_back(rounded);
  }
  return rounded;
}

void ReferenceLowering::eraseUnused() {
  SmallVector<Operation *> pending;
  for (Value value : built)
    pending.push_back(value.getDefiningOp());
  llvm::SmallPtrSet<Operation *, 16> erased;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val();
    if (!op || erased.contains(op) || !isOpTriviallyDead(op))
      continue;
    for (Value operand : op->getOperands())
      pending.push_back(operand.getDefiningOp());
    erased.insert(op);
    op->erase();
  }
}

namespace {

struct AttnToReference : attn::impl::AttnToReferenceBase<AttnToReference> {
  void runOnOperation() override {
    for (unsigned k = 0; k < getOperation().getNumArguments(); ++k)
      getOperation().removeArgAttr(k, kInplaceAttrName);
    ReferenceLowering lowering(&getContext());
    lowering.lowerIn(getOperation()->getRegions());
    lowering.eraseUnused();
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (!isa_and_nonnull<AttnDialect>(op->getDialect()))
        return WalkResult::advance();
      op->emitOpError() << "has no reference form: it is part of a fold, "
                           "expected mechanisms and parts only";
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
