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
#include "mlir/IR/TypeUtilities.h"

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

void LinearRecurrenceOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void LinearReadOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

/// The rules of steps and recurrences, which are each of one form.
template <typename OpTy> static LogicalResult verifyFold(OpTy op, Form form) {
  if (bool(op.getQuery()) != bool(op.getOut()))
    return op.emitOpError() << (op.getQuery() ? "has query without out"
                                              : "has out without query");
  if (op.getDelta() && !op.getBeta())
    return op.emitOpError() << "has delta without beta";
  if (op.getSchedule().getForm() != form)
    return op.emitOpError()
           << "has form " << stringifyForm(op.getSchedule().getForm())
           << ", expected " << stringifyForm(form);
  return success();
}

/// The shape of `value`, a tensor or a buffer.
static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

LogicalResult LinearStepOp::verify() {
  if (getQuery() && getTotal())
    return emitOpError() << "has query and total, expected one of them";
  if (getEps() && ShapedType::isDynamic(shapeOf(getValue()).back()))
    return emitOpError() << "has normalize and values of type "
                         << getValue().getType()
                         << ", expected a static width: the sum of weights is "
                            "the column behind them";
  return verifyFold(*this, Form::Chunk);
}

LogicalResult LinearRecurrenceOp::verify() {
  if (failed(verifyFold(*this, Form::Recurrent)))
    return failure();
  for (auto [name, state] :
       {std::pair<StringRef, Value>("start", getStart()), {"end", getEnd()}}) {
    if (!state)
      continue;
    ArrayRef<int64_t> shape = shapeOf(state);
    int64_t rows = shapeOf(getKey()).back(), width = getStateWidth();
    if (shape.size() != 2 || shape[0] != rows || shape[1] < width ||
        (state == getStart() && shape[1] != width))
      return emitOpError() << name << " has type " << state.getType()
                           << ", expected " << rows << " rows of "
                           << (state == getStart() ? "" : "at least ") << width
                           << " elements";
    if (getElementTypeOrSelf(state) != getElementTypeOrSelf(getEnd()))
      return emitOpError() << name << " has element type "
                           << getElementTypeOrSelf(state) << ", end has "
                           << getElementTypeOrSelf(getEnd());
  }
  return success();
}

int64_t LinearRecurrenceOp::getStateWidth() {
  return shapeOf(getValue()).back() + bool(getEps());
}

MutableOperandRange LinearRecurrenceOp::getDpsInitsMutable() {
  unsigned count = getOut() ? 2 : 1;
  return MutableOperandRange(getOperation(),
                             getOperation()->getNumOperands() - count, count);
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
