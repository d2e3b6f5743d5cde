//===- AttnCPUDestinationArguments.cpp - results the caller allocates -----===//
//
// Makes public functions write their results into further arguments, strided
// any way the caller likes, and gives them a C interface.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUDESTINATIONARGUMENTS
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The buffer of a tensor type, with every stride and the offset dynamic.
MemRefType getStridedType(RankedTensorType type) {
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

struct AttnCPUDestinationArguments
    : attn::impl::AttnCPUDestinationArgumentsBase<AttnCPUDestinationArguments> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      if (function.getNumResults() != 0)
        rewrite(function);
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(&getContext()));
    }
  }

  static void rewrite(func::FuncOp function) {
    Block &body = function.getBody().front();
    auto exit = cast<func::ReturnOp>(body.getTerminator());
    OpBuilder builder(exit);
    for (Value result : exit.getOperands()) {
      MemRefType type =
          getStridedType(cast<RankedTensorType>(result.getType()));
      Value destination = body.addArgument(type, exit.getLoc());
      auto write = bufferization::MaterializeInDestinationOp::create(
          builder, exit.getLoc(), result, destination);
      write.setRestrict(true);
      write.setWritable(true);
    }
    exit.getOperandsMutable().clear();
    function.removeResAttrsAttr();
    function.removeArgAttrsAttr();
    function.setType(builder.getFunctionType(body.getArgumentTypes(), {}));
  }
};

} // namespace
