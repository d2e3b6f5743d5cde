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
    });
    module.walk([&](LinearOp op) {
      if (!op.getScheduleAttr())
        select(op, target);
    });
  }

  /// One schedule where the number of queries that share keys is known, else
  /// one for few of them and one for many.
  static void select(SdpaOp op, TargetAttr target) {
    std::optional<Choice> few = chooseCPURow(op, target);
    auto query = cast<RankedTensorType>(op.getQuery().getType());
    std::optional<int64_t> most = getMostRows(op);
    if (few && most &&
        *most * op.getHeadsOfTile(few->schedule) <=
            few->schedule.getQueryBlock()) {
      op.setScheduleAttr(few->schedule);
      return remark(op, few->schedule, few->why);
    }
    if (!query.isDynamicDim(query.getRank() - 2))
      few.reset();
    std::string whyNot;
    std::optional<Choice> amx = chooseCPUAmx(op, target, whyNot);
    Choice choice = amx ? *amx : chooseCPUTransposed(op, target);
    op.setScheduleAttr(choice.schedule);
    remark(op, choice.schedule, whyNot + choice.why);
    if (!few)
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
