//===- AttnVerifyStage.cpp - the contracts between stages -----------------===//
//
// Checks at each boundary of the flow that the IR is what the next stage
// expects, so that a wrong pass is named where it went wrong.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/Inplace.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNVERIFYSTAGE
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

bool isFoldOp(Operation *op) {
  return isa<InitOp, StepOp, FinishOp, RecordTilesOp, CellRowsOp,
             CellColumnsOp>(op);
}

LogicalResult verifySource(Operation *op) {
  if (isFoldOp(op))
    return op->emitOpError() << "is a fold op in stage source";
  if (auto function = dyn_cast<FunctionOpInterface>(op)) {
    for (ArrayRef<Type> types :
         {function.getArgumentTypes(), function.getResultTypes()})
      for (Type type : types)
        if (isa<BlocksType>(type))
          return op->emitOpError()
                 << "has " << type << " in its type "
                 << function.getFunctionType()
                 << ", expected tensors: attn.block_list makes a list of them, "
                    "attn.block_tensors takes one apart";
    return verifyInplaceArguments(function);
  }
  return success();
}

LogicalResult verifyPlanned(Operation *op) {
  if (isa<LayerOp>(op))
    return op->emitOpError() << "is left in stage planned, expected "
                                "attn-expand-layers to run before";
  if (isa<LinformerOp, NystromOp, LatentOp>(op))
    return op->emitOpError() << "is left in stage planned, expected "
                                "attn-decompose-low-rank to run before";
  if (auto mechanism = dyn_cast<MechanismOpInterface>(op))
    if (!mechanism.getScheduleAttr())
      return op->emitOpError() << "has no schedule in stage planned";
  return verifySource(op);
}

/// A tensor made inside a grid has a size that its tile bounds: no extent of a
/// buffer is the length of the keys.
LogicalResult verifyTiled(Operation *op) {
  if (isa<MechanismOpInterface>(op))
    return op->emitOpError() << "is left in stage tiled, expected "
                                "attn-partition-grid to run before";
  auto empty = dyn_cast<tensor::EmptyOp>(op);
  if (!empty || !op->getParentOfType<scf::ForallOp>())
    return success();
  unsigned dynamic = empty.getType().getNumDynamicDims();
  if (dynamic > 1)
    return op->emitOpError() << "makes a tensor of " << dynamic
                             << " run-time extents inside a grid, expected "
                                "buffers of tile size";
  return success();
}

LogicalResult verifyLowered(Operation *op) {
  if (isa<AttnDialect>(op->getDialect()) &&
      !isa<RecordTilesOp, CellRowsOp, CellColumnsOp>(op))
    return op->emitOpError() << "is left in stage lowered";
  return success();
}

LogicalResult verifyBinary(Operation *op) {
  if (isa<LLVM::LLVMDialect>(op->getDialect()) || isa<ModuleOp>(op))
    return success();
  return op->emitOpError() << "is left in stage binary, expected only the "
                              "LLVM dialect";
}

struct AttnVerifyStage : attn::impl::AttnVerifyStageBase<AttnVerifyStage> {
  using AttnVerifyStageBase::AttnVerifyStageBase;

  void runOnOperation() override {
    using Check = LogicalResult (*)(Operation *);
    Check check = llvm::StringSwitch<Check>(stage)
                      .Case("source", verifySource)
                      .Case("planned", verifyPlanned)
                      .Case("tiled", verifyTiled)
                      .Case("lowered", verifyLowered)
                      .Case("binary", verifyBinary)
                      .Default(nullptr);
    if (!check) {
      getOperation()->emitError()
          << "unknown stage '" << stage
          << "', expected source, planned, tiled, lowered or binary";
      return signalPassFailure();
    }
    if (failed(verify(getOperation())))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (!op->getDialect())
        return WalkResult::advance();
      return failed(check(op)) ? WalkResult::interrupt()
                               : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
