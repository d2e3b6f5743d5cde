//===- AttnAttachTarget.cpp - name the machine in the IR ------------------===//
//
// Writes #attn.target on the module, the only place later passes learn about
// the machine from.
//
//===----------------------------------------------------------------------===//

#include "attn/Schedule/Passes.h"
#include "attn/TargetInfo/TargetInfo.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNATTACHTARGET
#include "attn/Schedule/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnAttachTarget : attn::impl::AttnAttachTargetBase<AttnAttachTarget> {
  using AttnAttachTargetBase::AttnAttachTargetBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module->hasAttr(kTargetAttrName))
      return;
    FailureOr<TargetAttr> resolved = resolveTarget(
        &getContext(), target, [&]() { return module.emitError(); });
    if (failed(resolved))
      return signalPassFailure();
    module->setAttr(kTargetAttrName, *resolved);
  }
};

} // namespace
