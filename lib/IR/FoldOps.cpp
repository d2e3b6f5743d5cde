//===- FoldOps.cpp - the fold of a mechanism on one tile ------------------===//
//
// Implements effects, destinations and text of the fold ops, and how a step
// restricts itself to some of its keys; effects of products, which have
// destinations too.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskSyntax.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::attn;

using EffectList =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

void attn::getFoldOpEffects(DestinationStyleOpInterface op,
                            EffectList &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand,
                         SideEffects::DefaultResource::get());
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand,
                           SideEffects::DefaultResource::get());
  }
}

void InitOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void StepOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void FinishOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void ProductOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

void HeadProductOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

MutableOperandRange StepOp::getDpsInitsMutable() {
  return MutableOperandRange(getOperation(), getAccMutable().getOperandNumber(),
                             3);
}

MutableOperandRange FinishOp::getDpsInitsMutable() {
  return MutableOperandRange(getOperation(), getOutMutable().getOperandNumber(),
                             getLse() ? 2 : 1);
}

void MergePartsOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

LogicalResult MergePartsOp::verify() {
  if (getLses() || (!getSink() && !getLse()))
    return success();
  return emitOpError() << "has " << (getSink() ? "a sink" : "a log-sum-exp")
                       << " and no lses of the parts, expected lses, or parts "
                          "that are only added";
}

LogicalResult CellColumnsOp::verify() {
  int64_t width = getWidth(), least = getLeast(), shared = getShared();
  if (least > 0 && width >= least && shared >= 0)
    return success();
  return emitOpError() << "has width " << width << ", least " << least
                       << " and shared " << shared
                       << ", expected least from 1 to width, and shared at "
                          "least 0";
}

void RotateOp::getEffects(EffectList &effects) {
  getFoldOpEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

MutableOperandRange MergePartsOp::getDpsInitsMutable() {
  return MutableOperandRange(getOperation(), getOutMutable().getOperandNumber(),
                             getLse() ? 2 : 1);
}

//===----------------------------------------------------------------------===//
// attn.step as a fold step
//===----------------------------------------------------------------------===//

ValueRange StepOp::getState() {
  return getOperands().slice(getAccMutable().getOperandNumber(), 3);
}

OpFoldResult StepOp::buildKeyCount(OpBuilder &builder) {
  return tensor::getMixedSize(builder, getLoc(), getKeyedOperands().front(), 0);
}

LogicalResult StepOp::verify() {
  Value queries = getQueryPlaces(), keys = getKeyPlaces();
  if (!queries && !keys)
    return success();
  if (!queries || !keys)
    return emitOpError() << "has places of " << (keys ? "keys" : "queries")
                         << " only, expected those of both";
  for (Value places : {queries, keys}) {
    auto type = cast<ShapedType>(places.getType());
    if (type.getRank() != 1 || !type.getElementType().isInteger(32))
      return emitOpError() << "has places of type " << type
                           << ", expected rank 1 and element type i32";
  }
  if (getBias() || getHeads())
    return emitOpError() << "has places and " << (getBias() ? "bias" : "heads")
                         << ", expected one of them";
  int64_t lanes = getSchedule().getQueryBlock();
  int64_t count = cast<ShapedType>(queries.getType()).getDimSize(0);
  if (count != lanes)
    return emitOpError() << "has places of type " << queries.getType()
                         << " for a tile of " << lanes
                         << " lanes, expected one for each lane";
  return success();
}

SmallVector<MaskDisjunct> StepOp::buildDisjuncts(IndexMath &math,
                                                 OpFoldResult rowBegin,
                                                 OpFoldResult rowEnd) {
  MaskIntervalBuilder intervals(math.getBuilder(), getLoc());
  intervals.rowBegin = rowBegin;
  intervals.rowEnd = rowEnd;
  intervals.position = getAsOpFoldResult(getPosition());
  intervals.numRows = getAsOpFoldResult(getNumRows());
  intervals.numCols = getAsOpFoldResult(getNumCols());
  intervals.batch = getBatch();
  intervals.head = getHead();
  intervals.numHeads =
      getHeads() ? OpFoldResult(getHeads()) : intervals.constant(1);
  intervals.operands = getMaskOperands();
  SmallVector<MaskDisjunct> disjuncts;
  getMaskAttr().buildIntervals(intervals, disjuncts);
  return disjuncts;
}

SmallVector<Value> StepOp::getKeyedOperands() {
  // Keys that have places are cut by cutting these.
  if (getKeyPlaces())
    return {getKeyPlaces()};
  llvm::SmallSetVector<Value, 4> operands;
  for (Value operand : {getKey(), getValue(), getKeyScale(), getValueScale()})
    if (operand)
      operands.insert(operand);
  return operands.takeVector();
}

/// Elements [offset, offset + count) of the first dimension.
static Value buildRows(OpBuilder &builder, Location loc, Value tensor,
                       OpFoldResult offset, OpFoldResult count) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  SmallVector<OpFoldResult> offsets(rank, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(rank, builder.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = {count};
  offsets[0] = offset;
  for (int64_t dim = 1; dim < rank; ++dim)
    sizes.push_back(tensor::getMixedSize(builder, loc, tensor, dim));
  return tensor::ExtractSliceOp::create(builder, loc, tensor, offsets, sizes,
                                        strides);
}

SmallVector<Value> StepOp::buildForKeys(OpBuilder &builder, OpFoldResult offset,
                                        OpFoldResult count, ValueRange state) {
  IndexMath math(builder, getLoc());
  IRMapping mapping;
  for (Value operand : getKeyedOperands())
    mapping.map(operand, buildRows(builder, getLoc(), operand, offset, count));
  Value col = math.materialize(math.add(getCol(), offset));
  Operation *clone = builder.clone(*getOperation(), mapping);
  auto step = cast<StepOp>(clone);
  step.getColMutable().assign(col);
  step.getAccMutable().assign(state[0]);
  step.getMaxMutable().assign(state[1]);
  step.getSumMutable().assign(state[2]);
  return SmallVector<Value>(clone->getResults());
}

//===----------------------------------------------------------------------===//
// Text of attn.step
//===----------------------------------------------------------------------===//

ParseResult StepOp::parse(OpAsmParser &parser, OperationState &result) {
  using Operand = OpAsmParser::UnresolvedOperand;
  SmallVector<Operand> inputs, place, extents, position, validRows, heads;
  SmallVector<Operand> places;
  SmallVector<Operand> bias, keyScale, valueScale, inits;
  SmallVector<Operand> maskOperands;
  SmallVector<Type> inputTypes, maskTypes, biasTypes, initTypes, placeTypes;
  SmallVector<Type> keyScaleTypes, valueScaleTypes;
  Attribute mask;
  double softcap = 0, factor = 1;
  auto &properties = result.getOrAddProperties<Properties>();
  Region *score = result.addRegion();
  SMLoc loc = parser.getCurrentLocation();
  auto clause = [&](StringRef keyword, SmallVectorImpl<Operand> &operands,
                    int count) -> ParseResult {
    return failure(
        parser.parseKeyword(keyword) ||
        parser.parseOperandList(operands, count, AsmParser::Delimiter::Paren));
  };
  auto optional = [&](StringRef keyword, SmallVectorImpl<Operand> &operands,
                      SmallVectorImpl<Type> &types) -> ParseResult {
    if (failed(parser.parseOptionalKeyword(keyword)))
      return success();
    return failure(
        parser.parseLParen() || parser.parseOperand(operands.emplace_back()) ||
        parser.parseColonType(types.emplace_back()) || parser.parseRParen());
  };
  if (parser.parseOperandList(inputs, 3) || clause("at", place, 4) ||
      clause("of", extents, 2) || clause("position", position, 1) ||
      clause("rows", validRows, 1))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("heads")) &&
      parser.parseOperandList(heads, 1, AsmParser::Delimiter::Paren))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("places")) &&
      (parser.parseLParen() || parser.parseOperandList(places, 2) ||
       parser.parseColonTypeList(placeTypes) || parser.parseRParen()))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("factor"))) {
    if (parser.parseLParen() || parser.parseFloat(factor) ||
        parser.parseRParen())
      return failure();
    properties.factor = parser.getBuilder().getF64FloatAttr(factor);
  }
  if (succeeded(parser.parseOptionalKeyword("normalize"))) {
    if (parser.parseLParen() || parser.parseKeyword("none") ||
        parser.parseRParen())
      return failure();
    properties.unnormalized = parser.getBuilder().getUnitAttr();
  }
  if (succeeded(parser.parseOptionalKeyword("mask"))) {
    if (parser.parseLParen() ||
        parseMask(parser, mask, maskOperands, maskTypes) ||
        parser.parseRParen())
      return failure();
    properties.mask = cast<MaskAttrInterface>(mask);
  }
  if (succeeded(parser.parseOptionalKeyword("softcap"))) {
    if (parser.parseLParen() || parser.parseFloat(softcap) ||
        parser.parseRParen())
      return failure();
    properties.softcap = parser.getBuilder().getF64FloatAttr(softcap);
  }
  if (optional("bias", bias, biasTypes) ||
      optional("key_scale", keyScale, keyScaleTypes) ||
      optional("value_scale", valueScale, valueScaleTypes))
    return failure();
  if (parser.parseKeyword("outs") || parser.parseLParen() ||
      parser.parseOperandList(inits, 3) ||
      parser.parseColonTypeList(initTypes) || parser.parseRParen())
    return failure();
  if (succeeded(parser.parseOptionalKeyword("score"))) {
    SmallVector<OpAsmParser::Argument> arguments;
    if (parser.parseArgumentList(arguments, AsmParser::Delimiter::Paren,
                                 /*allowType=*/true) ||
        parser.parseRegion(*score, arguments))
      return failure();
  }
  if (parser.parseKeyword("schedule") || parser.parseLParen() ||
      parser.parseAttribute(properties.schedule) || parser.parseRParen() ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonTypeList(inputTypes) ||
      parser.parseOptionalArrowTypeList(result.types))
    return failure();
  Type index = parser.getBuilder().getIndexType();
  if (parser.resolveOperands(inputs, inputTypes, loc, result.operands) ||
      parser.resolveOperands(place, index, result.operands) ||
      parser.resolveOperands(extents, index, result.operands) ||
      parser.resolveOperands(position, index, result.operands) ||
      parser.resolveOperands(validRows, index, result.operands) ||
      parser.resolveOperands(heads, index, result.operands) ||
      parser.resolveOperands(places, placeTypes, loc, result.operands) ||
      parser.resolveOperands(maskOperands, maskTypes, loc, result.operands) ||
      parser.resolveOperands(bias, biasTypes, loc, result.operands) ||
      parser.resolveOperands(keyScale, keyScaleTypes, loc, result.operands) ||
      parser.resolveOperands(valueScale, valueScaleTypes, loc,
                             result.operands) ||
      parser.resolveOperands(inits, initTypes, loc, result.operands))
    return failure();
  SmallVector<int32_t> segments(11, 1);
  segments.push_back(heads.size());
  segments.append(2, places.empty() ? 0 : 1);
  segments.push_back(maskOperands.size());
  segments.push_back(bias.size());
  segments.push_back(keyScale.size());
  segments.push_back(valueScale.size());
  segments.append({1, 1, 1});
  llvm::copy(segments, properties.operandSegmentSizes.begin());
  return success();
}

void StepOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getQuery() << ", " << getKey() << ", " << getValue()
          << " at(" << getBatch() << ", " << getHead() << ", " << getRow()
          << ", " << getCol() << ") of(" << getNumRows() << ", " << getNumCols()
          << ") position(" << getPosition() << ") rows(" << getValidRows()
          << ')';
  if (Value heads = getHeads())
    printer << " heads(" << heads << ')';
  if (Value queries = getQueryPlaces())
    printer << " places(" << queries << ", " << getKeyPlaces() << " : "
            << queries.getType() << ", " << getKeyPlaces().getType() << ')';
  if (FloatAttr factor = getFactorAttr()) {
    printer << " factor(";
    printer.printAttributeWithoutType(factor);
    printer << ')';
  }
  if (getUnnormalized())
    printer << " normalize(none)";
  if (MaskAttrInterface mask = getMaskAttr()) {
    printer << " mask(";
    printMask(printer, mask, getMaskOperands());
    printer << ')';
  }
  if (FloatAttr softcap = getSoftcapAttr()) {
    printer << " softcap(";
    printer.printAttributeWithoutType(softcap);
    printer << ')';
  }
  auto optional = [&](StringRef keyword, Value operand) {
    if (operand)
      printer << ' ' << keyword << '(' << operand << " : " << operand.getType()
              << ')';
  };
  optional("bias", getBias());
  optional("key_scale", getKeyScale());
  optional("value_scale", getValueScale());
  printer << " outs(" << getState() << " : " << getState().getTypes() << ')';
  if (!getScore().empty()) {
    printer << " score (";
    llvm::interleaveComma(
        getScore().getArguments(), printer,
        [&](BlockArgument arg) { printer.printRegionArgument(arg); });
    printer << ") ";
    printer.printRegion(getScore(), /*printEntryBlockArgs=*/false);
  }
  printer << " schedule(" << getSchedule() << ')';
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"operandSegmentSizes", "mask", "softcap",
                                 "factor", "unnormalized", "schedule"});
  printer << " : " << getQuery().getType() << ", " << getKey().getType() << ", "
          << getValue().getType();
  printer.printOptionalArrowTypeList(getResultTypes());
}
