//===- AttnSimplifyMasks.cpp - the simplest mask of the same pairs --------===//
//
// Applies the rules that masks know of themselves to a fixed point, and drops
// what the result no longer needs: operands, and ops that see no key.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/IR/ScoreClauses.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSIMPLIFYMASKS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Names one slot for each value: only then do masks that read the same operand
/// compare equal.
template <typename OpTy> void shareOperands(OpTy op) {
  llvm::MapVector<Value, unsigned> slots;
  SmallVector<unsigned> renumbered;
  for (Value operand : op.getMaskOperands())
    renumbered.push_back(
        slots.try_emplace(operand, slots.size()).first->second);
  if (slots.size() == renumbered.size())
    return;
  op.setMaskAttr(cast<MaskAttrInterface>(op.getMask().renumberSlots(
      [&](unsigned slot) { return renumbered[slot]; })));
  op.getMaskOperandsMutable().assign(
      llvm::to_vector(llvm::make_first_range(slots)));
}

/// Drops operands that the mask does not name.
template <typename OpTy> void dropUnusedOperands(OpTy op) {
  NamedOperands named = nameOperands(op.getMask(), op.getMaskOperands());
  if (named.operands.size() == op.getMaskOperands().size())
    return;
  op.setMaskAttr(named.mask);
  op.getMaskOperandsMutable().assign(named.operands);
}

/// The simplest mask that the masks' own rules lead to. Each rule makes the
/// mask smaller or moves a negation inwards, so there is one.
MaskAttrInterface computeSimplest(MaskAttrInterface mask,
                                  const MaskProblem &problem) {
  while (Attribute simpler = mask.simplifyMask(problem))
    mask = cast<MaskAttrInterface>(simpler);
  return mask;
}

/// A tensor like `result` that holds `value` everywhere.
Value buildFilled(OpBuilder &builder, Location loc, Value result, double value,
                  ArrayRef<OpFoldResult> sizes) {
  Type element = getElementTypeOrSelf(result.getType());
  Value scalar = arith::ConstantOp::create(
      builder, loc, builder.getFloatAttr(element, value));
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, element);
  if (empty.getType() != result.getType())
    empty = tensor::CastOp::create(builder, loc, result.getType(), empty);
  return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
}

/// Replaces an op without keys by what the sums over no key are.
template <typename OpTy> void foldWithoutKeys(OpTy op) {
  OpBuilder builder(op);
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(builder, shapes)))
    return;
  for (auto [result, sizes] : llvm::zip_equal(op->getResults(), shapes)) {
    // The first result is a sum of no terms, the second the log of one.
    double value = result.getResultNumber() == 0
                       ? 0.0
                       : -std::numeric_limits<double>::infinity();
    result.replaceAllUsesWith(
        buildFilled(builder, op.getLoc(), result, value, sizes));
  }
  op->erase();
}

template <typename OpTy> void simplify(OpTy op) {
  MaskAttrInterface original = op.getMask();
  shareOperands(op);
  auto report = [&]() { return op->emitOpError(); };
  MaskProblem problem = ScoreClauses::of(op).getMaskProblem(report);
  MaskAttrInterface simplest = computeSimplest(op.getMask(), problem);
  op.setMaskAttr(simplest);
  dropUnusedOperands(op);
  if (op.getMask() != original) {
    std::string text;
    llvm::raw_string_ostream(text) << "mask " << original << " is " << simplest;
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("mask").category("attn"))
        << remark::add("{0}", text);
  }
  // The sink joins the log-sum-exp even where no key does.
  if (isa<EmptyMaskAttr>(simplest) && !op.getSink())
    foldWithoutKeys(op);
}

struct AttnSimplifyMasks
    : attn::impl::AttnSimplifyMasksBase<AttnSimplifyMasks> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto sdpa = dyn_cast<SdpaOp>(op))
        simplify(sdpa);
      else if (auto weights = dyn_cast<WeightsOp>(op))
        simplify(weights);
    });
  }
};

} // namespace
