//===- AttnTileKeys.cpp - loops over blocks of keys -----------------------===//
//
// Cuts each fold step over all keys into a loop of steps over blocks of keys,
// legal by the splitting law of mechanisms.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTILEKEYS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnTileKeys : attn::impl::AttnTileKeysBase<AttnTileKeys> {
  void runOnOperation() override {
    SmallVector<FoldStepOpInterface> steps;
    getOperation().walk([&](FoldStepOpInterface op) { steps.push_back(op); });
    for (FoldStepOpInterface step : steps)
      tile(step, step.getSchedule().getKeyBlock());
  }

  static void tile(FoldStepOpInterface step, int64_t block) {
    OpBuilder builder(step);
    Location loc = step.getLoc();
    IndexMath math(builder, loc);
    OpFoldResult count = step.buildKeyCount(builder);
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)),
        math.materialize(count), math.materialize(math.constant(block)),
        step.getState(),
        [&](OpBuilder &body, Location, Value begin, ValueRange state) {
          IndexMath inner(body, loc);
          OpFoldResult size =
              inner.min(inner.constant(block), inner.sub(count, begin));
          scf::YieldOp::create(body, loc,
                               step.buildForKeys(body, begin, size, state));
        });
    step->replaceAllUsesWith(loop.getResults());
    step->erase();
  }
};

} // namespace
