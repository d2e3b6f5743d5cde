//===- FoldOpCasts.cpp - static shapes for steps --------------------------===//
//
// Canonicalizes attn.step on tensors that were cast to less static types.
// MLIR does so for every destination-style op, but by a clone that fails on an
// empty region, as a step without a score program has it.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// step(cast(x)) → step(x); a state that becomes more static is cast back.
struct FoldCastsIntoStep : OpRewritePattern<StepOp> {
  // Before the pattern of MLIR, which then finds nothing to do.
  FoldCastsIntoStep(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/10) {}

  LogicalResult matchAndRewrite(StepOp step,
                                PatternRewriter &rewriter) const override {
    SmallVector<OpOperand *> foldable;
    for (OpOperand &operand : step->getOpOperands())
      if (tensor::canFoldIntoConsumerOp(
              operand.get().getDefiningOp<tensor::CastOp>()))
        foldable.push_back(&operand);
    if (foldable.empty())
      return failure();
    auto destination = cast<DestinationStyleOpInterface>(*step);
    rewriter.setInsertionPointAfter(step);
    rewriter.modifyOpInPlace(step, [&] {
      for (OpOperand *operand : foldable) {
        Value source =
            operand->get().getDefiningOp<tensor::CastOp>().getSource();
        operand->set(source);
        if (!destination.isDpsInit(operand))
          continue;
        OpResult result = destination.getTiedOpResult(operand);
        Type before = result.getType();
        result.setType(source.getType());
        auto back =
            tensor::CastOp::create(rewriter, step.getLoc(), before, result);
        rewriter.replaceAllUsesExcept(result, back, back);
      }
    });
    return success();
  }
};

} // namespace

void StepOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<FoldCastsIntoStep>(context);
}
