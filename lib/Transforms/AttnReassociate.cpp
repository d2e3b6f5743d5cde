//===- AttnReassociate.cpp - products in another order --------------------===//
//
// Visits what products may be reordered in; each rewrite is in a file of its
// own.
//
//===----------------------------------------------------------------------===//

#include "Reassociation.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNREASSOCIATE
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

void attn::noteReassociation(Operation *op, bool isDone,
                             const std::string &text) {
  auto options = remark::RemarkOpts::name("reassociate").category("attn");
  if (isDone)
    remark::passed(op->getLoc(), options) << remark::add("{0}", text);
  else
    remark::missed(op->getLoc(), options) << remark::add("{0}", text);
}

namespace {

struct AttnReassociate : attn::impl::AttnReassociateBase<AttnReassociate> {
  using Base::Base;

  void runOnOperation() override {
    if (fp != "strict" && fp != "reassoc") {
      getOperation().emitError()
          << "fp is '" << fp << "', expected strict or reassoc";
      return signalPassFailure();
    }
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto asked =
        module ? module->getAttrOfType<StringAttr>("attn.fp") : StringAttr();
    if (asked && asked.getValue() != "strict" &&
        asked.getValue() != "reassoc") {
      module.emitError() << "attn.fp is '" << asked.getValue()
                         << "', expected strict or reassoc";
      return signalPassFailure();
    }
    bool isStrict = fp == "strict" || (asked && asked.getValue() == "strict");
    for (SdpaOp op : collectAttentions())
      if (!op.getUnnormalized() || !reassociateUnnormalized(op, isStrict))
        orderAttention(op, isStrict);
    // The last products first: they hold those before them.
    SmallVector<Operation *> products;
    getOperation().walk([&](linalg::LinalgOp op) { products.push_back(op); });
    for (Operation *op : llvm::reverse(products))
      visit(op, isStrict);
    // What is no longer read, from the last to the first.
    for (Operation *op : llvm::reverse(products))
      if (!erased.contains(op) && isOpTriviallyDead(op))
        op->erase();
  }

private:
  SmallVector<SdpaOp> collectAttentions() {
    SmallVector<SdpaOp> attentions;
    getOperation().walk([&](SdpaOp op) { attentions.push_back(op); });
    return attentions;
  }

  void visit(Operation *op, bool isStrict) {
    if (op->getNumResults() != 1 || op->use_empty())
      return;
    std::string why;
    std::optional<TensorProduct> product = matchProduct(op->getResult(0), why);
    if (!product)
      return;
    if (reassociateAttention(*product, isStrict) ||
        (!isStrict && reorderChain(*product)))
      erased.insert(op);
  }

  llvm::SmallPtrSet<Operation *, 8> erased;
};

} // namespace
