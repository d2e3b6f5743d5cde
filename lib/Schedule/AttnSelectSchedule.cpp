//===- AttnSelectSchedule.cpp - decide once, in writing -------------------===//
//
// Gives every mechanism without a schedule the choice of its strategy.
//
//===----------------------------------------------------------------------===//

#include "Strategies/Strategies.h"
#include "attn/Schedule/Passes.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/IR/Remarks.h"

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
      if (op.getScheduleAttr())
        return;
      Choice choice = chooseCPUTransposed(op, target);
      op.setScheduleAttr(choice.schedule);
      remark::passed(op.getLoc(),
                     remark::RemarkOpts::name("schedule").category("attn"))
          << remark::add("{0}", choice.why);
    });
  }
};

} // namespace
