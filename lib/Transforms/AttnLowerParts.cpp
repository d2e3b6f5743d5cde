//===- AttnLowerParts.cpp - what is no fold, as linalg --------------------===//
//
// Lowers the ops that move no block of keys through a fold, in the accumulator
// type, and those on caches.
//
//===----------------------------------------------------------------------===//

#include "Compression.h"
#include "LowRankForms.h"
#include "MaskRuns.h"
#include "NaiveCaches.h"
#include "NaiveParts.h"
#include "Rotation.h"
#include "TensorLoops.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNLOWERPARTS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnLowerParts : attn::impl::AttnLowerPartsBase<AttnLowerParts> {
  void runOnOperation() override {
    SmallVector<Operation *> parts;
    getOperation().walk([&](Operation *op) {
      if (isa<WeightsOp, MergeOp, RopeOp, CompressOp, PagedViewOp, KVAppendOp,
              MaskRunsOp, PinvOp>(op))
        parts.push_back(op);
    });
    for (Operation *op : parts) {
      OpBuilder builder(op);
      op->replaceAllUsesWith(lower(builder, op));
      op->erase();
    }
  }

  static SmallVector<Value> lower(OpBuilder &builder, Operation *op) {
    Location loc = op->getLoc();
    return TypeSwitch<Operation *, SmallVector<Value>>(op)
        .Case([&](WeightsOp weights) -> SmallVector<Value> {
          ScoreClauses clauses = ScoreClauses::of(weights);
          return {buildNaiveWeights(builder, loc, clauses,
                                    clauses.getAccumulatorType(),
                                    getFloatElement(weights.getQuery()))};
        })
        .Case([&](MergeOp merge) -> SmallVector<Value> {
          NaiveResults results = buildNaiveMerge(
              builder, loc, merge.getOuts(), merge.getLses(),
              getFloatElement(merge.getLse()), getFloatElement(merge.getOut()));
          return {results.out, results.lse};
        })
        .Case([&](RopeOp rope) -> SmallVector<Value> {
          return {buildRotation(builder, rope)};
        })
        .Case([&](CompressOp compress) -> SmallVector<Value> {
          return {buildCompression(builder, compress)};
        })
        .Case([&](PagedViewOp view) -> SmallVector<Value> {
          return {buildNaivePagedView(builder, view)};
        })
        .Case([&](MaskRunsOp runs) -> SmallVector<Value> {
          return {buildMaskRuns(builder, runs)};
        })
        .Case([&](PinvOp pinv) { return buildPseudoInverse(builder, pinv); })
        .Case([&](KVAppendOp append) -> SmallVector<Value> {
          return {buildAppend(builder, append)};
        });
  }
};

} // namespace
