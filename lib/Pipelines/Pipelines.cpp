//===- Pipelines.cpp - the named pipelines --------------------------------===//
//
// Puts the passes in order. Each boundary between stages is verified.
//
//===----------------------------------------------------------------------===//

#include "attn/Pipelines/Pipelines.h"
#include "attn/CPU/Passes.h"
#include "attn/Schedule/Passes.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

/// What masks look up at run time, limits of hashes and lists of blocks, to
/// tensors that they name. Maps are made from masks with limits, and limits
/// from masks with lists.
static void addMaskTables(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createAttnBuildMaskTables());
  // Ops with one mask share its limits.
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createAttnLowerSelections());
  manager.addNestedPass<func::FuncOp>(createAttnLowerBlockMaps());
  // What is asked of a row of blocks is the same for all its columns.
  manager.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  manager.addNestedPass<func::FuncOp>(createAttnLowerRandomLimits());
  manager.addNestedPass<func::FuncOp>(createAttnExpandBlockLists());
}

static void verifyStage(OpPassManager &manager, StringRef stage) {
  AttnVerifyStageOptions options;
  options.stage = stage.str();
  manager.addPass(createAttnVerifyStage(options));
}

void attn::buildPlanPipeline(OpPassManager &manager,
                             const CompileOptions &options) {
  verifyStage(manager, "source");
  manager.addPass(createAttnEmitShapeFunctions());
  manager.addNestedPass<func::FuncOp>(createAttnExpandLayers());
  AttnReassociateOptions rounding;
  rounding.fp = options.fp;
  manager.addNestedPass<func::FuncOp>(createAttnReassociate(rounding));
  manager.addNestedPass<func::FuncOp>(createAttnDecomposeLowRank());
  manager.addPass(createAttnRaisePredicates());
  manager.addNestedPass<func::FuncOp>(createAttnRaiseScore());
  manager.addNestedPass<func::FuncOp>(createAttnSimplifyMasks());
  manager.addNestedPass<func::FuncOp>(createAttnPlanGrids());
  manager.addNestedPass<func::FuncOp>(createAttnMapMasks());
  addMaskTables(manager);
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  AttnAttachTargetOptions target;
  target.target = options.target;
  manager.addPass(createAttnAttachTarget(target));
  manager.addPass(createAttnSelectSchedule());
  verifyStage(manager, "planned");
}

void attn::buildTilePipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createAttnPartitionGrid());
  manager.addNestedPass<func::FuncOp>(createAttnPartitionScans());
  manager.addNestedPass<func::FuncOp>(createAttnWalkBlockLists());
  manager.addNestedPass<func::FuncOp>(createAttnTileKeys());
  manager.addNestedPass<func::FuncOp>(createAttnSpecializeBlocks());
  manager.addNestedPass<func::FuncOp>(createAttnFoldPagedViews());
  manager.addNestedPass<func::FuncOp>(createAttnFuseFeatureMaps());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  verifyStage(manager, "tiled");
}

/// Tensors to buffers, in place wherever analysis allows.
static void buildBufferization(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createAttnCPUSeparateEmptyTensors());
  manager.addPass(createAttnCPUDestinationArguments());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::FullyDynamicLayoutMap;
  manager.addPass(bufferization::createOneShotBufferizePass(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createAttnCPULowerCopies());
}

void attn::buildCPUPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createAttnLowerParts());
  buildBufferization(manager);
  manager.addPass(createAttnCPULowerProducts());
  manager.addNestedPass<func::FuncOp>(createAttnCPULowerHeadProducts());
  // Before vectors: it looks at every op there is.
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  manager.addNestedPass<func::FuncOp>(createAttnCPUVectorize());
  manager.addPass(createAttnCPUEmulateAmx());
  manager.addPass(createAttnCPUExpandFloat8());
  manager.addNestedPass<func::FuncOp>(createAttnCPUApproximateMath());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createLoopInvariantCodeMotionPass());
  // The code of predicates is where it is evaluated.
  manager.addPass(createSymbolDCEPass());
  verifyStage(manager, "lowered");
}

void attn::buildLLVMPipeline(OpPassManager &manager) {
  manager.addPass(createAttnCPUOutlineGrid());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vectors;
  vectors.vectorContractLowering = vector::VectorContractLowering::OuterProduct;
  manager.addPass(createConvertVectorToLLVMPass(vectors));
  manager.addPass(createAttnCPUToLLVM());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createAttnCPUExport());
  manager.addPass(createAttnCPURequestAmx());
  verifyStage(manager, "binary");
}

void attn::buildCompileCPUPipeline(OpPassManager &manager,
                                   const CompileOptions &options) {
  buildStages(manager, 0, getStageNames().size() - 1, options);
}

void attn::buildReferencePipeline(OpPassManager &manager) {
  manager.addPass(createAttnEmitShapeFunctions());
  addMaskTables(manager);
  manager.addNestedPass<func::FuncOp>(createAttnToReference());
  manager.addPass(createCanonicalizerPass());
  buildBufferization(manager);
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  manager.addPass(createAttnCPUExpandFloat8());
  // Rounding to bf16 is a library call on machines without the instruction.
  arith::ArithExpandOpsPassOptions rounding;
  rounding.includeBf16 = true;
  manager.addPass(arith::createArithExpandOpsPass(rounding));
  manager.addPass(createSymbolDCEPass());
  buildLLVMPipeline(manager);
}

ArrayRef<StringRef> attn::getStageNames() {
  static constexpr StringRef names[] = {"source", "planned", "tiled", "lowered",
                                        "binary"};
  return names;
}

void attn::buildStages(OpPassManager &manager, unsigned from, unsigned to,
                       const CompileOptions &options) {
  for (unsigned stage = from; stage < to; ++stage) {
    switch (stage) {
    case 0:
      buildPlanPipeline(manager, options);
      break;
    case 1:
      buildTilePipeline(manager);
      break;
    case 2:
      buildCPUPipeline(manager);
      break;
    default:
      buildLLVMPipeline(manager);
    }
  }
}

void attn::registerPasses() {
  registerAttnTransformsPasses();
  registerAttnSchedulePasses();
  registerAttnCPUPasses();
  PassPipelineRegistration<CompileOptions>(
      "attn-plan", "source to planned: masks, target, schedules",
      buildPlanPipeline);
  PassPipelineRegistration<>("attn-tile", "planned to tiled: grids and blocks",
                             buildTilePipeline);
  PassPipelineRegistration<>("attn-cpu", "tiled to lowered: vectors on buffers",
                             buildCPUPipeline);
  PassPipelineRegistration<>("attn-to-llvm", "lowered to binary: LLVM dialect",
                             buildLLVMPipeline);
  PassPipelineRegistration<CompileOptions>("attn-compile-cpu",
                                           "source to binary for a CPU",
                                           buildCompileCPUPipeline);
  PassPipelineRegistration<>("attn-reference", "source to the f64 oracle",
                             buildReferencePipeline);
}
