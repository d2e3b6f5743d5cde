//===- AttnExpandBlockLists.cpp - masks read tensors ----------------------===//
//
// Takes lists of blocks apart: the type `!attn.blocks` keeps the two tensors of
// a list together where people and passes write lists; from here on masks name
// the tensors, which are cut, bufferized and passed around as any others.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/BlockLists.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AttrTypeSubElements.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNEXPANDBLOCKLISTS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The mask of `op` on the tensors of its lists.
template <typename OpTy> void expandMask(OpTy op) {
  SmallVector<Value> operands(op.getMaskOperands());
  AttrTypeReplacer replacer;
  replacer.addReplacement(
      [&](BlocksMaskAttr mask) -> std::pair<Attribute, WalkResult> {
        BlockListTensors lists = findTensors(mask, op.getMaskOperands());
        if (!mask.isList() || !lists)
          return {mask, WalkResult::skip()};
        unsigned slots[] = {unsigned(operands.size()),
                            unsigned(operands.size() + 1)};
        operands.append({lists.rowPtr, lists.col});
        return {BlocksMaskAttr::get(op.getContext(), mask.getQueryBlock(),
                                    mask.getKeyBlock(), mask.getGroup(), slots),
                WalkResult::skip()};
      });
  auto mask = cast<MaskAttrInterface>(replacer.replace(op.getMask()));
  if (mask == op.getMask())
    return;
  NamedOperands named = nameOperands(mask, operands);
  op.setMaskAttr(named.mask);
  op.getMaskOperandsMutable().assign(named.operands);
}

/// The tensors that `op` takes its list apart to.
void expandTensors(BlockTensorsOp op) {
  auto list = op.getBlocks().getDefiningOp<BlockListOp>();
  if (!list)
    return;
  OpBuilder builder(op);
  for (auto [result, tensor] :
       llvm::zip_equal(op.getResults(), list->getOperands())) {
    Value value = tensor;
    if (value.getType() != result.getType())
      value =
          tensor::CastOp::create(builder, op.getLoc(), result.getType(), value);
    result.replaceAllUsesWith(value);
  }
  op.erase();
}

struct AttnExpandBlockLists
    : attn::impl::AttnExpandBlockListsBase<AttnExpandBlockLists> {
  void runOnOperation() override {
    SmallVector<Operation *> lists;
    getOperation().walk([&](Operation *op) {
      if (auto sdpa = dyn_cast<SdpaOp>(op))
        expandMask(sdpa);
      else if (auto weights = dyn_cast<WeightsOp>(op))
        expandMask(weights);
      else if (auto tensors = dyn_cast<BlockTensorsOp>(op))
        expandTensors(tensors);
      else if (isa<BlockListOp>(op))
        lists.push_back(op);
    });
    for (Operation *list : lists)
      if (list->use_empty())
        list->erase();
    WalkResult walk = getOperation().walk([&](Operation *op) {
      for (Value value : op->getOperands())
        if (isa<BlocksType>(value.getType())) {
          op->emitOpError()
              << "takes a list of blocks that is not seen to come from "
                 "attn.block_list, attn.block_map or attn.select, expected "
                 "attn.sdpa or attn.weights to take what those make";
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
