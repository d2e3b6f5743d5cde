//===- AttnCPURequestAmx.cpp - ask before using AMX -----------------------===//
//
// Puts the question whether this process may use AMX before kernels that do:
// the first tile instruction of a process that never asked is a trap.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUREQUESTAMX
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What the names of entries end in.
constexpr llvm::StringLiteral kEntrySuffix = ".entry";
constexpr llvm::StringLiteral kRequest = "attn_rt_request_amx";

bool isTileIntrinsic(LLVM::CallIntrinsicOp op) {
  StringRef name = op.getIntrin();
  return name.starts_with("llvm.x86.tile") || name.starts_with("llvm.x86.tdp");
}

struct AttnCPURequestAmx
    : attn::impl::AttnCPURequestAmxBase<AttnCPURequestAmx> {
  void runOnOperation() override {
    SmallVector<LLVM::LLVMFuncOp> entries;
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (function.getName().ends_with(kEntrySuffix) && usesTiles(function))
        entries.push_back(function);
    for (LLVM::LLVMFuncOp entry : entries)
      buildRequest(entry);
  }

  /// True if `root` or a function that it calls, or hands to the runtime, has
  /// tile intrinsics.
  bool usesTiles(LLVM::LLVMFuncOp root) {
    SymbolTable symbols(getOperation());
    llvm::SetVector<Operation *> reached;
    reached.insert(root);
    for (unsigned k = 0; k < reached.size(); ++k) {
      WalkResult result = reached[k]->walk([&](Operation *op) {
        if (auto intrinsic = dyn_cast<LLVM::CallIntrinsicOp>(op);
            intrinsic && isTileIntrinsic(intrinsic))
          return WalkResult::interrupt();
        std::optional<StringRef> callee;
        if (auto call = dyn_cast<LLVM::CallOp>(op))
          callee = call.getCallee();
        else if (auto address = dyn_cast<LLVM::AddressOfOp>(op))
          callee = address.getGlobalName();
        if (callee)
          if (auto next = symbols.lookup<LLVM::LLVMFuncOp>(*callee))
            reached.insert(next);
        return WalkResult::advance();
      });
      if (result.wasInterrupted())
        return true;
    }
    return false;
  }

  /// `if (attn_rt_request_amx() == 0) return;`
  void buildRequest(LLVM::LLVMFuncOp entry) {
    Location loc = entry.getLoc();
    OpBuilder builder(getOperation().getBodyRegion());
    auto request = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(kRequest);
    if (!request)
      request = LLVM::LLVMFuncOp::create(
          builder, loc, kRequest,
          LLVM::LLVMFunctionType::get(builder.getI32Type(), {}));
    Block *body = &entry.getBody().front();
    Block *rest = body->splitBlock(body->begin());
    Block *refused = builder.createBlock(&entry.getBody());
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    builder.setInsertionPointToEnd(body);
    Value answer =
        LLVM::CallOp::create(builder, loc, request, ValueRange()).getResult();
    Value zero =
        LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), 0);
    Value granted = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne,
                                         answer, zero);
    LLVM::CondBrOp::create(builder, loc, granted, rest, refused);
  }
};

} // namespace
