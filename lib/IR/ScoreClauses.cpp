//===- ScoreClauses.cpp - clauses of ops that score keys ------------------===//
//
// Implements the text and the derived values of the clauses; their rules are
// in ScoreRules.cpp.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "attn/IR/MaskSyntax.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

FloatType ScoreClauses::getAccumulatorType() const {
  if (getQueryType().getElementType().isF64())
    return Float64Type::get(op->getContext());
  return Float32Type::get(op->getContext());
}

double ScoreClauses::getScale() const {
  if (scale)
    return scale.getValueAsDouble();
  RankedTensorType type = getQueryType();
  return 1.0 / std::sqrt(double(type.getDimSize(type.getRank() - 1)));
}

MaskProblem ScoreClauses::getMaskProblem(
    llvm::function_ref<InFlightDiagnostic()> emitError) const {
  RankedTensorType queryType = getQueryType(), keyType = getKeyType();
  MaskProblem problem;
  problem.rows = queryType.getDimSize(queryType.getRank() - 2);
  problem.cols = keyType.getDimSize(keyType.getRank() - 2);
  problem.batches = hasBatch() ? queryType.getDimSize(0) : 1;
  problem.heads = queryType.getDimSize(queryType.getRank() - 3);
  bool topLeft = !align || align.getValue() == Align::TopLeft;
  bool square =
      !ShapedType::isDynamic(problem.rows) && problem.rows == problem.cols;
  problem.positionsAreRows = !offset && (topLeft || square);
  problem.lastQueryAtLastKey = !offset && (!topLeft || square);
  problem.operandTypes = maskOperands.getTypes();
  problem.emitError = emitError;
  return problem;
}

OpFoldResult ScoreClauses::buildPosition(IndexMath &math, Value batch,
                                         OpFoldResult rows,
                                         OpFoldResult cols) const {
  if (offset)
    return buildLoadOfBatch(math, offset, batch);
  if (align && align.getValue() == Align::BottomRight)
    return math.sub(cols, rows);
  return math.constant(0);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

ParseResult attn::parseAlign(OpAsmParser &parser, AlignAttr &align) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<Align> value = symbolizeAlign(name);
  if (!value)
    return parser.emitError(loc, "unknown alignment '")
           << name << "', expected top_left or bottom_right";
  align = AlignAttr::get(parser.getContext(), *value);
  return success();
}

namespace {

/// One optional operand written `keyword(%value : type)`.
struct OperandClause {
  SmallVector<OpAsmParser::UnresolvedOperand, 1> operand;
  SmallVector<Type, 1> type;

  ParseResult parse(OpAsmParser &parser) {
    return failure(
        parser.parseLParen() || parser.parseOperand(operand.emplace_back()) ||
        parser.parseColonType(type.emplace_back()) || parser.parseRParen());
  }

  ParseResult resolve(OpAsmParser &parser, SMLoc loc, OperationState &result) {
    return parser.resolveOperands(operand, type, loc, result.operands);
  }
};

/// Everything between the leading operands and the types.
struct ClauseParser {
  explicit ClauseParser(OpAsmParser &parser) : parser(parser) {}

  OpAsmParser &parser;
  SmallVector<OpAsmParser::UnresolvedOperand> maskOperands;
  SmallVector<Type> maskTypes;
  OperandClause bias, sink, offset, keyScale, valueScale;
  Attribute mask;
  AlignAttr align;
  FloatAttr scale, softcap;
  bool isUnnormalized = false;
  ScheduleAttr schedule, few;
  Region *score = nullptr;
  llvm::StringSet<> seen;

  ParseResult parseClauses() {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    while (succeeded(parser.parseOptionalKeyword(
        &keyword, {"mask", "align", "scale", "softcap", "bias", "sink",
                   "offset", "key_scale", "value_scale", "normalize", "score",
                   "schedule", "few"}))) {
      if (!seen.insert(keyword).second)
        return parser.emitError(loc, "clause '")
               << keyword << "' appears twice, expected at most once";
      if (parseClause(keyword))
        return failure();
      loc = parser.getCurrentLocation();
    }
    return success();
  }

  ParseResult parseClause(StringRef keyword) {
    if (keyword == "score")
      return parseScore();
    if (keyword == "bias")
      return bias.parse(parser);
    if (keyword == "sink")
      return sink.parse(parser);
    if (keyword == "offset")
      return offset.parse(parser);
    if (keyword == "key_scale")
      return keyScale.parse(parser);
    if (keyword == "value_scale")
      return valueScale.parse(parser);
    if (parser.parseLParen())
      return failure();
    if (keyword == "mask") {
      if (parseMask(parser, mask, maskOperands, maskTypes))
        return failure();
    } else if (keyword == "align") {
      if (parseAlign(parser, align))
        return failure();
    } else if (keyword == "normalize") {
      if (parseNormalize())
        return failure();
    } else if (keyword == "scale") {
      if (parseNumber(scale))
        return failure();
    } else if (keyword == "softcap") {
      if (parseNumber(softcap))
        return failure();
    } else if (parser.parseAttribute(keyword == "few" ? few : schedule)) {
      return failure();
    }
    return parser.parseRParen();
  }

  ParseResult parseNormalize() {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    if (name != "none")
      return parser.emitError(loc, "unknown normalisation '")
             << name << "', expected none, or no clause for the softmax";
    isUnnormalized = true;
    return success();
  }

  ParseResult parseNumber(FloatAttr &attr) {
    double value;
    if (parser.parseFloat(value))
      return failure();
    attr = parser.getBuilder().getF64FloatAttr(value);
    return success();
  }

  ParseResult parseScore() {
    SmallVector<OpAsmParser::Argument> arguments;
    return failure(parser.parseArgumentList(arguments,
                                            AsmParser::Delimiter::Paren,
                                            /*allowType=*/true) ||
                   parser.parseRegion(*score, arguments));
  }
};

} // namespace

template <typename OpTy>
ParseResult attn::parseScoreOp(OpAsmParser &parser, OperationState &result,
                               unsigned numFixed) {
  SmallVector<OpAsmParser::UnresolvedOperand> fixed;
  SMLoc loc = parser.getCurrentLocation();
  ClauseParser clauses(parser);
  clauses.score = result.addRegion();
  if (parser.parseOperandList(fixed, numFixed) || clauses.parseClauses() ||
      parser.parseOptionalAttrDict(result.attributes) || parser.parseColon())
    return failure();

  FunctionType type;
  SMLoc typeLoc = parser.getCurrentLocation();
  if (parser.parseType(type))
    return failure();
  if (type.getNumInputs() != numFixed)
    return parser.emitError(typeLoc, "expected ")
           << numFixed << " operand types, got " << type.getNumInputs();
  if (parser.resolveOperands(fixed, type.getInputs(), loc, result.operands) ||
      parser.resolveOperands(clauses.maskOperands, clauses.maskTypes, loc,
                             result.operands) ||
      clauses.bias.resolve(parser, loc, result) ||
      clauses.sink.resolve(parser, loc, result) ||
      clauses.offset.resolve(parser, loc, result) ||
      clauses.keyScale.resolve(parser, loc, result) ||
      clauses.valueScale.resolve(parser, loc, result))
    return failure();
  result.addTypes(type.getResults());

  auto &properties = result.getOrAddProperties<typename OpTy::Properties>();
  SmallVector<int32_t> segments(numFixed, 1);
  segments.push_back(clauses.maskOperands.size());
  segments.push_back(clauses.bias.operand.size());
  segments.push_back(clauses.sink.operand.size());
  segments.push_back(clauses.offset.operand.size());
  segments.push_back(clauses.keyScale.operand.size());
  if constexpr (std::is_same_v<OpTy, SdpaOp>)
    segments.push_back(clauses.valueScale.operand.size());
  else if (!clauses.valueScale.operand.empty())
    return parser.emitError(loc, "clause 'value_scale' is for attn.sdpa only");
  llvm::copy(segments, properties.operandSegmentSizes.begin());
  Attribute mask =
      clauses.mask ? clauses.mask : FullMaskAttr::get(parser.getContext());
  properties.mask = cast<MaskAttrInterface>(mask);
  properties.align = clauses.align;
  properties.scale = clauses.scale;
  properties.softcap = clauses.softcap;
  if constexpr (std::is_same_v<OpTy, SdpaOp>) {
    properties.schedule = clauses.schedule;
    properties.few = clauses.few;
    if (clauses.isUnnormalized)
      properties.unnormalized = UnitAttr::get(parser.getContext());
  } else if (clauses.isUnnormalized) {
    return parser.emitError(loc, "clause 'normalize' is for attn.sdpa only");
  } else if (clauses.schedule || clauses.few) {
    return parser.emitError(loc, "clause '")
           << (clauses.schedule ? "schedule" : "few")
           << "' is for attn.sdpa only";
  }
  return success();
}

template <typename OpTy>
void attn::printScoreOp(OpAsmPrinter &printer, OpTy op, unsigned numFixed) {
  ScoreClauses clauses = ScoreClauses::of(op);
  OperandRange fixed = op->getOperands().take_front(numFixed);
  printer << ' ' << fixed;
  if (!isa<FullMaskAttr>(clauses.mask)) {
    printer << " mask(";
    printMask(printer, clauses.mask, clauses.maskOperands);
    printer << ')';
  }
  if (clauses.align)
    printer << " align(" << stringifyAlign(clauses.align.getValue()) << ')';
  auto printNumber = [&](StringRef keyword, FloatAttr attr) {
    if (!attr)
      return;
    printer << ' ' << keyword << '(';
    printer.printAttributeWithoutType(attr);
    printer << ')';
  };
  printNumber("scale", clauses.scale);
  printNumber("softcap", clauses.softcap);
  auto printOperand = [&](StringRef keyword, Value value) {
    if (value)
      printer << ' ' << keyword << '(' << value << " : " << value.getType()
              << ')';
  };
  printOperand("bias", clauses.bias);
  printOperand("sink", clauses.sink);
  printOperand("offset", clauses.offset);
  printOperand("key_scale", clauses.keyScale);
  if constexpr (std::is_same_v<OpTy, SdpaOp>) {
    printOperand("value_scale", op.getValueScale());
    if (op.getUnnormalized())
      printer << " normalize(none)";
  }
  if (!clauses.score->empty()) {
    printer << " score (";
    llvm::interleaveComma(
        clauses.score->getArguments(), printer,
        [&](BlockArgument arg) { printer.printRegionArgument(arg); });
    printer << ") ";
    printer.printRegion(*clauses.score, /*printEntryBlockArgs=*/false);
  }
  if constexpr (std::is_same_v<OpTy, SdpaOp>) {
    if (ScheduleAttr schedule = op.getScheduleAttr())
      printer << " schedule(" << schedule << ')';
    if (ScheduleAttr few = op.getFewAttr())
      printer << " few(" << few << ')';
  }
  printer.printOptionalAttrDict(
      op->getAttrs(), {"operandSegmentSizes", "mask", "align", "scale",
                       "softcap", "schedule", "few", "unnormalized"});
  printer << " : ";
  printer.printFunctionalType(fixed.getTypes(), op->getResultTypes());
}

template ParseResult attn::parseScoreOp<SdpaOp>(OpAsmParser &, OperationState &,
                                                unsigned);
template ParseResult attn::parseScoreOp<WeightsOp>(OpAsmParser &,
                                                   OperationState &, unsigned);
template void attn::printScoreOp<SdpaOp>(OpAsmPrinter &, SdpaOp, unsigned);
template void attn::printScoreOp<WeightsOp>(OpAsmPrinter &, WeightsOp,
                                            unsigned);
