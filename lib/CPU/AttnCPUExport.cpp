//===- AttnCPUExport.cpp - entry points for hosts -------------------------===//
//
// Adds NAME.entry(void **arguments) for each function that has a C interface,
// and points allocations at the runtime, which counts them.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUEXPORT
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What `llvm.emit_c_interface` puts before a function's name.
constexpr llvm::StringLiteral kInterfacePrefix = "_mlir_ciface_";

struct AttnCPUExport : attn::impl::AttnCPUExportBase<AttnCPUExport> {
  void runOnOperation() override {
    SmallVector<LLVM::LLVMFuncOp> interfaces;
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (function.getName().starts_with(kInterfacePrefix))
        interfaces.push_back(function);
    for (LLVM::LLVMFuncOp function : interfaces)
      buildEntry(function);
    SmallVector<LLVM::CallOp> calls;
    getOperation().walk([&](LLVM::CallOp call) { calls.push_back(call); });
    for (LLVM::CallOp call : calls)
      redirect(call);
    for (StringRef name : {"aligned_alloc", "malloc", "free"})
      if (auto unused = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
        unused.erase();
  }

  static void buildEntry(LLVM::LLVMFuncOp target) {
    OpBuilder builder(target);
    builder.setInsertionPointAfter(target);
    Location loc = target.getLoc();
    Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(builder.getContext()), {pointer});
    StringRef name = target.getName();
    name.consume_front(kInterfacePrefix);
    auto entry =
        LLVM::LLVMFuncOp::create(builder, loc, (name + ".entry").str(), type);
    builder.setInsertionPointToStart(entry.addEntryBlock(builder));
    SmallVector<Value> arguments;
    for (unsigned k = 0; k < target.getNumArguments(); ++k) {
      Value slot = LLVM::GEPOp::create(builder, loc, pointer, pointer,
                                       entry.getArgument(0),
                                       ArrayRef<LLVM::GEPArg>{int32_t(k)});
      arguments.push_back(LLVM::LoadOp::create(builder, loc, pointer, slot));
    }
    LLVM::CallOp::create(builder, loc, target, arguments);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
  }

  void redirect(LLVM::CallOp call) {
    std::optional<StringRef> callee = call.getCallee();
    if (!callee)
      return;
    OpBuilder builder(call);
    if (*callee == "aligned_alloc") {
      // C says (alignment, size), the runtime (bytes, alignment).
      Value operands[] = {call.getOperand(1), call.getOperand(0)};
      auto replacement = LLVM::CallOp::create(
          builder, call.getLoc(), declare("attn_rt_alloc", call), operands);
      call.replaceAllUsesWith(replacement);
      guard(replacement);
    } else if (*callee == "free") {
      LLVM::CallOp::create(builder, call.getLoc(),
                           declare("attn_rt_free", call), call.getOperands());
    } else {
      return;
    }
    call.erase();
  }

  /// Returns from the function if memory could not be had: the runtime has
  /// marked the launch as failed, and its results are void.
  static void guard(LLVM::CallOp allocation) {
    Block *before = allocation->getBlock();
    Block *after = before->splitBlock(allocation->getNextNode());
    Block *failed = new Block();
    before->getParent()->getBlocks().insertAfter(before->getIterator(), failed);
    OpBuilder builder(allocation.getContext());
    Location loc = allocation.getLoc();
    builder.setInsertionPointToEnd(before);
    Value null =
        LLVM::ZeroOp::create(builder, loc, allocation.getResult().getType());
    Value missing = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq,
                                         allocation.getResult(), null);
    LLVM::CondBrOp::create(builder, loc, missing, failed, after);
    builder.setInsertionPointToEnd(failed);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
  }

  /// A function of the runtime with the type of `like`.
  LLVM::LLVMFuncOp declare(StringRef name, LLVM::CallOp like) {
    if (auto found = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
      return found;
    OpBuilder builder(getOperation().getBodyRegion());
    Type result = like.getNumResults()
                      ? like.getResult().getType()
                      : LLVM::LLVMVoidType::get(builder.getContext());
    SmallVector<Type> operands(like.getOperandTypes());
    return LLVM::LLVMFuncOp::create(
        builder, like.getLoc(), name,
        LLVM::LLVMFunctionType::get(result, operands));
  }
};

} // namespace
