//===- BufferizableOps.cpp - fold ops and bufferization -------------------===//
//
// Implements bufferization of the fold ops and of products, each of which
// becomes itself on buffers, and of rows seen as heads, which become a view.
//
//===----------------------------------------------------------------------===//

#include "attn/Transforms/BufferizableOps.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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
    // Only steps read what they update.
    return isa<StepOp, LinearStepOp>(op) ||
           !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &,
                                     ArrayRef<OpOperand *> operands) const {
    // A recurrence reads each element of a state before it writes it.
    auto recurrence = dyn_cast<LinearRecurrenceOp>(op);
    return recurrence && llvm::all_of(operands, [&](OpOperand *operand) {
             return operand->get() == recurrence.getStart() ||
                    operand->get() == recurrence.getEnd();
           });
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

/// Heads are a view of rows: D elements of each row, seen as a dimension.
struct SplitHeadsModel
    : BufferizableOpInterface::ExternalModel<SplitHeadsModel, SplitHeadsOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return false;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &,
                                      const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Unknown}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto split = cast<SplitHeadsOp>(op);
    Location loc = op->getLoc();
    FailureOr<Value> rows =
        getBuffer(rewriter, split.getRows(), options, state);
    ReifiedRankedShapedTypeDims shapes;
    if (failed(rows) || failed(split.reifyResultShapes(rewriter, shapes)))
      return failure();
    ArrayRef<OpFoldResult> heads = shapes.front();
    SmallVector<OpFoldResult> sizes = {heads[0], heads[2], heads[1], heads[3]};
    SmallVector<int64_t> shape = decomposeMixedValues(sizes).first;
    SmallVector<ReassociationIndices> groups = {{0}, {1}, {2, 3}};
    Value apart = memref::ExpandShapeOp::create(rewriter, loc, shape, *rows,
                                                groups, sizes);
    auto order = AffineMapAttr::get(AffineMap::getPermutationMap(
        ArrayRef<unsigned>{0, 2, 1, 3}, op->getContext()));
    Value view = memref::TransposeOp::create(rewriter, loc, apart, order);
    replaceOpWithBufferizedValues(rewriter, op, view);
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
    RotateOp::attachInterface<FoldOpModel<RotateOp>>(*context);
    MapFeaturesOp::attachInterface<FoldOpModel<MapFeaturesOp>>(*context);
    LinearStateOp::attachInterface<FoldOpModel<LinearStateOp>>(*context);
    LinearStepOp::attachInterface<FoldOpModel<LinearStepOp>>(*context);
    LinearRecurrenceOp::attachInterface<FoldOpModel<LinearRecurrenceOp>>(
        *context);
    LinearReadOp::attachInterface<FoldOpModel<LinearReadOp>>(*context);
    ProductOp::attachInterface<FoldOpModel<ProductOp>>(*context);
    HeadProductOp::attachInterface<FoldOpModel<HeadProductOp>>(*context);
    SplitHeadsOp::attachInterface<SplitHeadsModel>(*context);
  });
}
