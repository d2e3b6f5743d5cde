//===- AttnCPUDestinationArguments.cpp - results the caller allocates -----===//
//
// Makes public functions write their results into further arguments, strided
// any way the caller likes, and gives them a C interface. Where a result grows
// from empty tensors, through grids, branches and destination-style ops, these
// become the argument, so that nothing is copied; upstream elimination of empty
// tensors does not look into branches. What is copied to an empty tensor is
// made there likewise, and a result that is a grid of points is written as one.
// An argument marked in place is read from the destination of the result that
// continues it: the caller passes the same memory for both.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/Inplace.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

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

/// The points that `collapse` lays side by side again, if a grid filled them
/// in.
tensor::ExpandShapeOp findGrid(tensor::CollapseShapeOp collapse) {
  auto forall = collapse.getSrc().getDefiningOp<scf::ForallOp>();
  if (!forall)
    return {};
  auto expand = forall.getTiedOpOperand(cast<OpResult>(collapse.getSrc()))
                    ->get()
                    .getDefiningOp<tensor::ExpandShapeOp>();
  bool isInverse = expand && expand.getReassociationIndices() ==
                                 collapse.getReassociationIndices();
  return isInverse ? expand : tensor::ExpandShapeOp();
}

/// Collects the uses of empty tensors that `value` grows from, or nothing where
/// it comes from elsewhere as well.
bool findEmptyInits(Value value, SmallVectorImpl<OpOperand *> &inits) {
  Operation *def = value.getDefiningOp();
  auto follow = [&](OpOperand &operand) {
    if (!operand.get().getDefiningOp<tensor::EmptyOp>())
      return findEmptyInits(operand.get(), inits);
    inits.push_back(&operand);
    return true;
  };
  if (auto cast = dyn_cast_or_null<tensor::CastOp>(def))
    return follow(cast.getSourceMutable());
  if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(def)) {
    tensor::ExpandShapeOp grid = findGrid(collapse);
    return grid && follow(grid.getSrcMutable());
  }
  if (auto insert = dyn_cast_or_null<tensor::InsertSliceOp>(def))
    return follow(insert.getDestMutable());
  if (auto forall = dyn_cast_or_null<scf::ForallOp>(def))
    return follow(*forall.getTiedOpOperand(cast<OpResult>(value)));
  if (auto op = dyn_cast_or_null<DestinationStyleOpInterface>(def))
    return follow(*op.getTiedOpOperand(cast<OpResult>(value)));
  if (auto branch = dyn_cast_or_null<scf::IfOp>(def)) {
    unsigned number = cast<OpResult>(value).getResultNumber();
    return llvm::all_of(branch->getRegions(), [&](Region &region) {
      return follow(region.front().getTerminator()->getOpOperand(number));
    });
  }
  return false;
}

struct AttnCPUDestinationArguments
    : attn::impl::AttnCPUDestinationArgumentsBase<AttnCPUDestinationArguments> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      if (failed(verifyInplaceArguments(function)))
        return signalPassFailure();
      growIntoCopies(function);
      if (function.getNumResults() != 0)
        rewrite(function);
      function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        UnitAttr::get(&getContext()));
    }
  }

  /// Computes `result` in `destination` if it grows from empty tensors.
  static void growInto(Value result, Value destination) {
    SmallVector<OpOperand *> inits;
    if (!findEmptyInits(result, inits))
      return;
    Location loc = result.getLoc();
    OpBuilder builder =
        OpBuilder::atBlockBegin(cast<BlockArgument>(destination).getOwner());
    Value tensor = bufferization::ToTensorOp::create(
        builder, loc, result.getType(), destination, /*restrict=*/true,
        /*writable=*/true);
    for (OpOperand *init : inits) {
      Value start = tensor;
      if (start.getType() != init->get().getType())
        start =
            tensor::CastOp::create(builder, loc, init->get().getType(), start);
      init->set(start);
    }
  }

  /// Where `result` is a grid of points in one dimension, that grid, and
  /// `destination` seen as one: buffers of any strides can be expanded, and not
  /// be collapsed.
  static std::pair<Value, Value> seeAsGrid(Value result, Value destination) {
    auto collapse = result.getDefiningOp<tensor::CollapseShapeOp>();
    tensor::ExpandShapeOp expand =
        collapse ? findGrid(collapse) : tensor::ExpandShapeOp();
    if (!expand)
      return {result, destination};
    FailureOr<MemRefType> type = memref::ExpandShapeOp::computeExpandedType(
        cast<MemRefType>(destination.getType()),
        expand.getResultType().getShape(), expand.getReassociationIndices());
    if (failed(type))
      return {result, destination};
    OpBuilder builder(expand);
    Value grid = memref::ExpandShapeOp::create(
        builder, expand.getLoc(), *type, destination,
        expand.getReassociationIndices(), expand.getMixedOutputShape());
    return {collapse.getSrc(), grid};
  }

  /// Makes what `function` copies to empty tensors there, if it grows from
  /// empty tensors itself.
  static void growIntoCopies(func::FuncOp function) {
    SmallVector<bufferization::MaterializeInDestinationOp> copies;
    function.walk([&](bufferization::MaterializeInDestinationOp copy) {
      copies.push_back(copy);
    });
    DominanceInfo dominance(function);
    for (bufferization::MaterializeInDestinationOp copy : copies) {
      Value destination = copy.getDest();
      SmallVector<OpOperand *> inits;
      if (!destination.getDefiningOp<tensor::EmptyOp>() ||
          copy.getSource().getType() != destination.getType() ||
          !findEmptyInits(copy.getSource(), inits) ||
          !llvm::all_of(inits, [&](OpOperand *init) {
            return init->get().getType() == destination.getType() &&
                   dominance.properlyDominates(destination, init->getOwner());
          }))
        continue;
      for (OpOperand *init : inits)
        init->set(destination);
      copy.getResult().replaceAllUsesWith(copy.getSource());
      copy.erase();
    }
  }

  static void rewrite(func::FuncOp function) {
    Block &body = function.getBody().front();
    auto exit = cast<func::ReturnOp>(body.getTerminator());
    OpBuilder builder(exit);
    unsigned numInputs = body.getNumArguments();
    for (unsigned index = 0; index < exit.getNumOperands(); ++index) {
      Value result = exit.getOperand(index);
      auto tensorType = cast<RankedTensorType>(result.getType());
      MemRefType type = getStridedType(tensorType);
      Value destination = body.addArgument(type, exit.getLoc());
      growInto(result, destination);
      if (std::optional<unsigned> input =
              findInplaceArgument(function, index)) {
        OpBuilder start = OpBuilder::atBlockBegin(&body);
        Value updated = bufferization::ToTensorOp::create(
            start, exit.getLoc(), tensorType, destination, /*restrict=*/true,
            /*writable=*/true);
        body.getArgument(*input).replaceAllUsesWith(updated);
      }
      auto [written, place] = seeAsGrid(result, destination);
      auto write = bufferization::MaterializeInDestinationOp::create(
          builder, exit.getLoc(), written, place);
      write.setRestrict(true);
      write.setWritable(true);
    }
    exit.getOperandsMutable().clear();
    function.removeResAttrsAttr();
    function.removeArgAttrsAttr();
    function.setType(builder.getFunctionType(body.getArgumentTypes(), {}));
    // What the caller passes is read, not used as scratch.
    for (unsigned input = 0; input < numInputs; ++input)
      if (isa<TensorType>(body.getArgument(input).getType()))
        function.setArgAttr(
            input, bufferization::BufferizationDialect::kWritableAttrName,
            builder.getBoolAttr(false));
  }
};

} // namespace
