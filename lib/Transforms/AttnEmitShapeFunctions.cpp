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
    shapes.setType(builder.getFunctionType(inputs, {}));
    shapes.removeResAttrsAttr();
    shapes.removeArgAttrsAttr();

    SmallVector<std::string> messages;
    shapes.walk([&](Operation *op) {
      if (op->getParentOp() != shapes)
        return;
      OpBuilder at(op);
      ShapeCheckBuilder checks(at, op->getLoc(), buffer, messages);
      buildShapeChecks(checks, op);
    });

    auto exit = cast<func::ReturnOp>(body.getTerminator());
    builder.setInsertionPoint(exit);
    int64_t place = 3;
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
