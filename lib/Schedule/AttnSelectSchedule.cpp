//===- AttnSelectSchedule.cpp - decide once, in writing -------------------===//
//
// Gives every mechanism without a schedule the choice of its strategy.
//
//===----------------------------------------------------------------------===//

#include "Strategies/Strategies.h"
#include "attn/Schedule/Passes.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSELECTSCHEDULE
#include "attn/Schedule/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnSelectSchedule
    : attn::impl::AttnSelectScheduleBase<AttnSelectSchedule> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto target = module->getAttrOfType<TargetAttr>(kTargetAttrName);
    if (!target) {
      module.emitError() << "module has no " << kTargetAttrName
                         << ", expected attn-attach-target to run before";
      return signalPassFailure();
    }
    if (!lookupIsa(target.getIsa())) {
      module.emitError() << "target has unknown isa '" << target.getIsa()
                         << "', expected avx512, avx2, sse2 or neon";
      return signalPassFailure();
    }
    module.walk([&](SdpaOp op) {
      if (!op.getScheduleAttr())
        select(op, target);
      if (op.getUnnormalized())
        remarkQuadratic(op);
    });
    module.walk([&](LinearOp op) {
      if (!op.getScheduleAttr())
        select(op, target);
    });
  }

  /// Says what scores that are weights cost, and why not less.
  static void remarkQuadratic(SdpaOp op) {
    bool isProduct = op.hasAffineScore() && !op.getBias();
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("normalize").category("attn"))
        << remark::add(
               "scores are the weights, without exponentials, maxima or sums; "
               "they are computed tile by tile, for all pairs that the mask "
               "keeps: {0}",
               isProduct ? "where that is all of them, Q (K^T V) is the same "
                           "by products that are linear in the keys"
                         : "a function of each score by itself is no product "
                           "of one of the query and one of the key");
  }

  /// One schedule where the number of queries that share keys is known, else
  /// one for few of them and one for many.
  static void select(SdpaOp op, TargetAttr target) {
    std::string whyNot;
    std::optional<Choice> amx = chooseCPUAmx(op, target, whyNot);
    Choice many = amx ? *amx : chooseCPUTransposed(op, target);
    many.why = whyNot + many.why;
    std::optional<int64_t> most = getMostRows(op);
    auto takesAll = [&](const Choice &few) {
      return most &&
             *most * few.schedule.getHeads() <= few.schedule.getQueryBlock();
    };
    auto query = cast<RankedTensorType>(op.getQuery().getType());
    bool isKnown = !query.isDynamicDim(query.getRank() - 2);
    std::optional<Choice> few = chooseCPURow(op, target);
    if (!few || (isKnown && !takesAll(*few)))
      few = chooseFewOfHeads(op, many);
    if (few && takesAll(*few)) {
      op.setScheduleAttr(few->schedule);
      return remark(op, few->schedule, few->why);
    }
    op.setScheduleAttr(many.schedule);
    remark(op, many.schedule, many.why);
    if (isKnown || !few)
      return;
    op.setFewAttr(few->schedule);
    remark(op, few->schedule, few->why);
  }

  /// One token after the other where there are few, chunks of many.
  static void select(LinearOp op, TargetAttr target) {
    auto key = cast<RankedTensorType>(op.getKey().getType());
    int64_t tokens = key.getDimSize(key.getRank() - 2);
    Choice few = chooseCPURecurrent(op, target);
    Choice many = chooseCPUChunk(op, target);
    bool isFew = op.getCausal() && !ShapedType::isDynamic(tokens) &&
                 tokens <= few.schedule.getQueryBlock();
    op.setScheduleAttr(isFew ? few.schedule : many.schedule);
    note(op, isFew ? few.why : many.why);
    if (!ShapedType::isDynamic(tokens) || !op.getCausal())
      return;
    op.setFewAttr(few.schedule);
    note(op, few.why);
  }

  static void note(Operation *op, const std::string &why) {
    remark::passed(op->getLoc(),
                   remark::RemarkOpts::name("schedule").category("attn"))
        << remark::add("{0}", why);
  }

  static void remark(SdpaOp op, ScheduleAttr schedule, std::string why) {
    if (std::optional<ListedBlocks> listed = op.getListedBlocks())
      why +=
          llvm::formatv("; tiles of {0} queries within rows of blocks of {1}",
                        op.getRowsOfTile(schedule), listed->queryBlock)
              .str();
    note(op, why);
  }
};

} // namespace
