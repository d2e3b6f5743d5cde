//===- LinearFoldOps.cpp - linear attention on one tile -------------------===//
//
// Implements the ops of linear attention's fold: their effects, rules and
// destinations, and how a step restricts itself to some of its tokens.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

using EffectList =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

void MapFeaturesOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void LinearStateOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void LinearStepOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void LinearReadOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

LogicalResult LinearStepOp::verify() {
  if (bool(getQuery()) != bool(getOut()))
    return emitOpError() << (getQuery() ? "has query without out"
                                        : "has out without query");
  if (getQuery() && getTotal())
    return emitOpError() << "has query and total, expected one of them";
  if (getDelta() && !getBeta())
    return emitOpError() << "has delta without beta";
  if (getTotal() && getSchedule().getForm() != Form::Chunk)
    return emitOpError() << "has total in form "
                         << stringifyForm(getSchedule().getForm())
                         << ", expected form chunk";
  return success();
}

MutableOperandRange LinearStepOp::getDpsInitsMutable() {
  unsigned count = getDpsCount();
  return MutableOperandRange(getOperation(),
                             getOperation()->getNumOperands() - count, count);
}

ValueRange LinearStepOp::getState() {
  return getOperands().take_back(getDpsCount());
}

OpFoldResult LinearStepOp::buildKeyCount(OpBuilder &builder) {
  return tensor::getMixedSize(builder, getLoc(), getKey(), 0);
}

SmallVector<Value> LinearStepOp::buildForKeys(OpBuilder &builder,
                                              OpFoldResult offset,
                                              OpFoldResult count,
                                              ValueRange state) {
  Location loc = getLoc();
  /// Where tokens are dimension `dim`.
  auto slice = [&](Value tensor, int64_t dim) {
    int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
    SmallVector<OpFoldResult> offsets(rank, builder.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(rank, builder.getIndexAttr(1));
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, tensor);
    offsets[dim] = offset;
    sizes[dim] = count;
    return std::make_tuple(offsets, sizes, strides);
  };
  auto extract = [&](Value tensor, int64_t dim) -> Value {
    auto [offsets, sizes, strides] = slice(tensor, dim);
    return tensor::ExtractSliceOp::create(builder, loc, tensor, offsets, sizes,
                                          strides);
  };
  IRMapping mapping;
  for (auto [old, value] : llvm::zip_equal(getState(), state))
    mapping.map(old, value);
  for (Value operand : {getKey(), getValue(), getBeta()})
    if (operand && !mapping.contains(operand))
      mapping.map(operand, extract(operand, 0));
  // A constant decay has one element, whatever the number of tokens.
  if (Value decay = getDecay())
    if (cast<RankedTensorType>(decay.getType()).getShape() !=
        ArrayRef<int64_t>(1))
      mapping.map(decay, extract(decay, 0));
  Value whole;
  if (getQuery()) {
    mapping.map(getQuery(), extract(getQuery(), 1));
    whole = state.front();
    mapping.map(getOut(), extract(whole, 1));
  }
  Operation *step = builder.clone(*getOperation(), mapping);
  SmallVector<Type> types;
  for (Value init : cast<LinearStepOp>(step).getState())
    types.push_back(init.getType());
  for (auto [result, type] : llvm::zip_equal(step->getResults(), types))
    result.setType(cast<RankedTensorType>(type));
  SmallVector<Value> results(step->getResults());
  if (whole) {
    auto [offsets, sizes, strides] = slice(whole, 1);
    results[0] = tensor::InsertSliceOp::create(builder, loc, results[0], whole,
                                               offsets, sizes, strides);
  }
  return results;
}
