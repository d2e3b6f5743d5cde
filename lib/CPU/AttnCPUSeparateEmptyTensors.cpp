//===- AttnCPUSeparateEmptyTensors.cpp - one for each op ------------------===//
//
// Clones empty tensors that several ops of their block use.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUSEPARATEEMPTYTENSORS
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

namespace {

struct AttnCPUSeparateEmptyTensors
    : attn::impl::AttnCPUSeparateEmptyTensorsBase<AttnCPUSeparateEmptyTensors> {
  void runOnOperation() override {
    SmallVector<tensor::EmptyOp> empties;
    getOperation().walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    for (tensor::EmptyOp op : empties)
      separate(op);
  }

  static void separate(tensor::EmptyOp empty) {
    // Uses by the op of the empty tensor's block that they are in.
    llvm::MapVector<Operation *, SmallVector<OpOperand *>> users;
    for (OpOperand &use : empty->getUses())
      users[empty->getBlock()->findAncestorOpInBlock(*use.getOwner())]
          .push_back(&use);
    OpBuilder builder(empty);
    for (auto &[user, uses] : llvm::drop_begin(users)) {
      Operation *clone = builder.clone(*empty);
      for (OpOperand *use : uses)
        use->set(clone->getResult(0));
    }
  }
};

} // namespace
