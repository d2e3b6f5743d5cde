//===- BufferizableOps.cpp - fold ops and bufferization -------------------===//
//
// Implements bufferization of the fold ops: each becomes itself on buffers.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/BufferizableOps.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::bufferization;

namespace {

template <typename OpTy>
struct FoldOpModel
    : DstBufferizableOpInterfaceExternalModel<FoldOpModel<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    // Only a step reads what it updates.
    return isa<StepOp>(op) ||
           !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        operands.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    Operation *onBuffers =
        cloneWithoutRegions(rewriter, op, TypeRange(), operands);
    for (auto [from, to] : llvm::zip(op->getRegions(), onBuffers->getRegions()))
      rewriter.inlineRegionBefore(from, to, to.begin());
    SmallVector<Value> results;
    for (OpOperand &init :
         cast<DestinationStyleOpInterface>(op).getDpsInitsMutable())
      results.push_back(operands[init.getOperandNumber()]);
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};

} // namespace

void attn::registerBufferizableOps(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    InitOp::attachInterface<FoldOpModel<InitOp>>(*context);
    StepOp::attachInterface<FoldOpModel<StepOp>>(*context);
    FinishOp::attachInterface<FoldOpModel<FinishOp>>(*context);
    MergePartsOp::attachInterface<FoldOpModel<MergePartsOp>>(*context);
  });
}
