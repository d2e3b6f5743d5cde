//===- AttnCPUVectorize.cpp - fold steps to vector code -------------------===//
//
// Lowers the fold ops of each grid cell, bufferized, to loops on vectors.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "attn/CPU/Passes.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUVECTORIZE
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnCPUVectorize : attn::impl::AttnCPUVectorizeBase<AttnCPUVectorize> {
  void runOnOperation() override {
    auto target =
        getOperation()->getParentOfType<ModuleOp>()->getAttrOfType<TargetAttr>(
            kTargetAttrName);
    SmallVector<Operation *> work;
    getOperation().walk([&](Operation *op) {
      if (isa<InitOp, StepOp, FinishOp, MergePartsOp, RotateOp, LinearStateOp,
              LinearStepOp, LinearRecurrenceOp, LinearReadOp, MapFeaturesOp>(
              op))
        work.push_back(op);
    });
    if (work.empty())
      return;
    if (!target) {
      getOperation().emitError() << "the module has no " << kTargetAttrName
                                 << ", expected attn-attach-target to run "
                                    "before";
      return signalPassFailure();
    }
    for (Operation *op : work) {
      if (isa<RankedTensorType>(op->getOperand(0).getType())) {
        op->emitOpError() << "is on tensors, expected bufferization to run "
                             "before";
        return signalPassFailure();
      }
      if (failed(lower(op, target)))
        return signalPassFailure();
    }
  }

  static LogicalResult lower(Operation *op, TargetAttr target) {
    auto lanes = [&](Value acc) {
      unsigned width = cast<MemRefType>(acc.getType()).getElementTypeBitWidth();
      return target.getVectorBits() / width;
    };
    if (auto init = dyn_cast<InitOp>(op)) {
      if (init.getSchedule().getForm() != Form::AMX)
        lowerInit(init, lanes(init.getAcc()));
      else if (target.getTiles() != Tiles::None)
        lowerAmxInit(init, lanes(init.getAcc()));
      else
        return op->emitOpError() << "has form amx for a target whose tiles are "
                                    "none, expected amx";
    } else if (auto finish = dyn_cast<FinishOp>(op))
      lowerFinish(finish, lanes(finish.getAcc()));
    else if (auto merge = dyn_cast<MergePartsOp>(op))
      lowerMergeParts(merge);
    else if (auto rotate = dyn_cast<RotateOp>(op))
      lowerRotate(rotate, target.getVectorBits());
    else if (auto first = dyn_cast<LinearStateOp>(op))
      lowerLinearState(first, lanes(first.getState()));
    else if (auto fold = dyn_cast<LinearStepOp>(op))
      lowerChunkStep(fold, lanes(fold.getCarried()));
    else if (auto fold = dyn_cast<LinearRecurrenceOp>(op))
      lowerLinearRecurrence(fold, target);
    else if (auto read = dyn_cast<LinearReadOp>(op))
      lowerLinearRead(read, lanes(read.getState()));
    else if (auto map = dyn_cast<MapFeaturesOp>(op))
      lowerMapFeatures(map, target.getVectorBits());
    else if (auto step = dyn_cast<StepOp>(op))
      return lowerStep(step, lanes(step.getAcc()));
    return success();
  }

  static LogicalResult lowerStep(StepOp op, int64_t lanes) {
    switch (op.getSchedule().getForm()) {
    case Form::Transposed:
      return lowerTransposedStep(op, lanes);
    case Form::Row:
      return lowerRowStep(op, lanes);
    case Form::AMX:
      if (op.getUnnormalized())
        return op.emitOpError() << "has normalize(none) in form amx, expected "
                                   "form transposed or row";
      return lowerAmxStep(op, lanes);
    case Form::Chunk:
    case Form::Recurrent:
      return op.emitOpError()
             << "has form " << stringifyForm(op.getSchedule().getForm())
             << ", which is one of linear attention";
    }
    llvm_unreachable("a form without a lowering");
  }
};

} // namespace
