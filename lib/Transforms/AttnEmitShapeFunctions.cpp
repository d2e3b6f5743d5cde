//===- AttnEmitShapeFunctions.cpp - check and infer shapes ----------------===//
//
// Makes the companion that a host calls before a kernel, so that the kernel
// itself may trust its arguments. The companion is the kernel's body with every
// result replaced by its extents; what computes elements is dead and goes.
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNEMITSHAPEFUNCTIONS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnEmitShapeFunctions
    : attn::impl::AttnEmitShapeFunctionsBase<AttnEmitShapeFunctions> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal() &&
          !function->hasAttr("attn.messages"))
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels)
      if (failed(emit(kernel)))
        return signalPassFailure();
  }

  /// Builds the checks of layers, or of all other ops, in front of each.
  static void checkEach(func::FuncOp shapes, Value buffer,
                        SmallVectorImpl<std::string> &messages, bool layers) {
    for (Operation &op : llvm::make_early_inc_range(shapes.getBody().front())) {
      if (isa<LayerOp>(op) != layers)
        continue;
      OpBuilder at(&op);
      ShapeCheckBuilder checks(at, op.getLoc(), buffer, messages);
      buildShapeChecks(checks, &op);
    }
  }

  LogicalResult emit(func::FuncOp kernel) {
    if (!kernel.getBody().hasOneBlock())
      return kernel.emitError() << "kernel '" << kernel.getName()
                                << "' has several blocks, expected one";
    OpBuilder builder(kernel);
    builder.setInsertionPointAfter(kernel);
    auto shapes = cast<func::FuncOp>(builder.clone(*kernel));
    shapes.setName((kernel.getName() + ".shapes").str());
    auto report = MemRefType::get({ShapedType::kDynamic}, builder.getI64Type());
    Block &body = shapes.getBody().front();
    Value buffer = body.addArgument(report, kernel.getLoc());
    SmallVector<Type> inputs(body.getArgumentTypes());
    shapes.removeResAttrsAttr();
    shapes.removeArgAttrsAttr();
    shapes.setType(
        builder.getFunctionType(inputs, kernel.getFunctionType().getResults()));

    SmallVector<std::string> messages;
    // A layer's own rules, then those of what it consists of, its core
    // included.
    checkEach(shapes, buffer, messages, /*layers=*/true);
    OpPassManager expansion(func::FuncOp::getOperationName());
    expansion.addPass(createAttnExpandLayers());
    if (failed(runPipeline(expansion, shapes)))
      return failure();
    checkEach(shapes, buffer, messages, /*layers=*/false);

    auto exit = cast<func::ReturnOp>(body.getTerminator());
    builder.setInsertionPoint(exit);
    int64_t place = 1 + kMessageValues;
    for (Value result : exit.getOperands()) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type)
        return kernel.emitError()
               << "kernel '" << kernel.getName() << "' returns "
               << result.getType() << ", expected ranked tensors";
      for (int64_t dim = 0; dim < type.getRank(); ++dim) {
        Value extent =
            tensor::DimOp::create(builder, exit.getLoc(), result, dim);
        Value wide = arith::IndexCastOp::create(builder, exit.getLoc(),
                                                builder.getI64Type(), extent);
        Value index =
            arith::ConstantIndexOp::create(builder, exit.getLoc(), place++);
        memref::StoreOp::create(builder, exit.getLoc(), wide, buffer, index);
      }
    }
    exit.getOperandsMutable().clear();
    shapes.setType(builder.getFunctionType(inputs, {}));
    SmallVector<StringRef> texts(messages.begin(), messages.end());
    shapes->setAttr("attn.messages", builder.getStrArrayAttr(texts));

    OpPassManager cleanup(func::FuncOp::getOperationName());
    cleanup.addPass(memref::createResolveShapedTypeResultDimsPass());
    cleanup.addPass(createCanonicalizerPass());
    cleanup.addPass(createCSEPass());
    return runPipeline(cleanup, shapes);
  }
};

} // namespace
