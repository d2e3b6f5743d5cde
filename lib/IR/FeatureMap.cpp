//===- FeatureMap.cpp - features of queries and keys ----------------------===//
//
// Implements attn.feature_map: its text, its rules and its shape.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

bool FeatureMapOp::isNonNegative() {
  // Of taylor2 no feature need be positive, but 1 + s + s^2 / 2 is.
  return getKind() != FeatureMap::Pointwise;
}

int64_t FeatureMapOp::getNumFeatures(FeatureMap kind, int64_t width,
                                     int64_t omegas) {
  switch (kind) {
  case FeatureMap::Hedgehog:
  case FeatureMap::Cos:
    return 2 * width;
  case FeatureMap::Taylor2:
    return 1 + width + width * (width + 1) / 2;
  case FeatureMap::Favor:
    return omegas;
  default:
    return width;
  }
}

LogicalResult
FeatureMapOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &shapes) {
  auto type = cast<RankedTensorType>(getResult().getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getInput());
  sizes.back() = builder.getIndexAttr(type.getShape().back());
  shapes.push_back(std::move(sizes));
  return success();
}

LogicalResult FeatureMapOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (input.getRank() != 3 && input.getRank() != 4)
    return emitOpError() << "input has rank " << input.getRank()
                         << ", expected [B, H, M, D] or [H, M, D]";
  int64_t width = input.getShape().back(), omegas = 0;
  if (ShapedType::isDynamic(width) || width == 0)
    return emitOpError() << "input has type " << input
                         << ", expected a static width of at least 1";
  StringRef kind = stringifyFeatureMap(getKind());
  bool isFavor = getKind() == FeatureMap::Favor;
  bool isCos = getKind() == FeatureMap::Cos;
  if (isFavor != bool(getOmega()) || isFavor != bool(getRole()))
    return emitOpError() << "kind " << kind
                         << (isFavor ? " needs features(...) and role(...)"
                                     : " takes no features(...) and no "
                                       "role(...), which favor has");
  if (isCos != bool(getLength()) || (!isCos && getOffset()))
    return emitOpError() << "kind " << kind
                         << (isCos ? " needs length(...)"
                                   : " takes no length(...) and no "
                                     "offset(...), which cos has");
  if (isFavor) {
    auto omega = cast<RankedTensorType>(getOmega().getType());
    FloatType element = input.getElementType().isF64()
                            ? cast<FloatType>(input.getElementType())
                            : Float32Type::get(getContext());
    if (omega.getRank() != 2 || !omega.hasStaticShape() ||
        omega.getDimSize(0) == 0 || omega.getDimSize(1) != width ||
        omega.getElementType() != element)
      return emitOpError() << "features has type " << omega
                           << ", expected a static tensor<mx" << width << "x"
                           << element << ">";
    omegas = omega.getDimSize(0);
  }
  if (getOffset()) {
    auto offset = cast<RankedTensorType>(getOffset().getType());
    if (offset.getRank() != 1)
      return emitOpError() << "offset has type " << offset
                           << ", expected rank 1";
    int64_t batches = input.getRank() == 4 ? input.getDimSize(0) : 1;
    if (offset.getDimSize(0) != 1 &&
        failed(verifySameExtent(*this, "extent", "offset", offset.getDimSize(0),
                                "batch", batches)))
      return failure();
  }
  SmallVector<int64_t> expected(input.getShape());
  expected.back() = getNumFeatures(getKind(), width, omegas);
  if (result.getShape() != ArrayRef(expected))
    return emitOpError() << "result has type " << result << ", expected "
                         << RankedTensorType::get(expected,
                                                  result.getElementType());
  if (result.getElementType().isF64() != input.getElementType().isF64())
    return emitOpError() << "input has element type " << input.getElementType()
                         << ", result has " << result.getElementType()
                         << ": expected f64 for both or none";
  return success();
}

LogicalResult FeatureMapOp::verifyRegions() {
  bool isPointwise = getKind() == FeatureMap::Pointwise;
  if (getBody().empty() == isPointwise)
    return emitOpError() << "kind " << stringifyFeatureMap(getKind())
                         << (isPointwise ? " needs a program on an element"
                                         : " takes no program");
  if (!isPointwise)
    return success();
  Type element = getElementTypeOrSelf(getInput().getType());
  Type number = element.isF64() ? element : Float32Type::get(getContext());
  Block &body = getBody().front();
  if (body.getNumArguments() != 1 || body.getArgument(0).getType() != number)
    return emitOpError() << "the program takes " << body.getArgumentTypes()
                         << ", expected one " << number;
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().size() != 1 ||
      yield.getValues().front().getType() != number)
    return emitOpError() << "the program does not yield one " << number;
  for (Operation &inner : body.without_terminator())
    if (!isPure(&inner) || inner.getNumRegions() != 0 ||
        (!OpTrait::hasElementwiseMappableTraits(&inner) &&
         !inner.hasTrait<OpTrait::ConstantLike>()))
      return emitOpError() << "the program has '" << inner.getName()
                           << "', expected arithmetic on numbers";
  return success();
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

ParseResult FeatureMapOp::parse(OpAsmParser &parser, OperationState &result) {
  using Operand = OpAsmParser::UnresolvedOperand;
  auto &properties = result.getOrAddProperties<Properties>();
  StringRef word;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<FeatureMap> kind = symbolizeFeatureMap(word);
  if (!kind)
    return parser.emitError(loc)
           << "unknown feature map '" << word
           << "', expected relu, elu1, exp, softmax, hedgehog, cos, taylor2, "
              "favor or pointwise";
  properties.kind = FeatureMapAttr::get(parser.getContext(), *kind);
  Operand input;
  SmallVector<Operand, 1> omega, length, offset;
  SmallVector<Type, 1> omegaType, offsetType;
  if (parser.parseOperand(input))
    return failure();
  auto typed = [&](SmallVectorImpl<Operand> &operand,
                   SmallVectorImpl<Type> &type) -> ParseResult {
    return failure(
        parser.parseLParen() || parser.parseOperand(operand.emplace_back()) ||
        parser.parseColonType(type.emplace_back()) || parser.parseRParen());
  };
  while (true) {
    loc = parser.getCurrentLocation();
    if (omega.empty() && succeeded(parser.parseOptionalKeyword("features"))) {
      if (typed(omega, omegaType))
        return failure();
    } else if (offset.empty() &&
               succeeded(parser.parseOptionalKeyword("offset"))) {
      if (typed(offset, offsetType))
        return failure();
    } else if (length.empty() &&
               succeeded(parser.parseOptionalKeyword("length"))) {
      if (parser.parseOperandList(length, 1, AsmParser::Delimiter::Paren))
        return failure();
    } else if (!properties.role &&
               succeeded(parser.parseOptionalKeyword("role"))) {
      if (parser.parseLParen() || parser.parseKeyword(&word))
        return failure();
      std::optional<FeatureRole> role = symbolizeFeatureRole(word);
      if (!role)
        return parser.emitError(loc)
               << "unknown role '" << word << "', expected query or key";
      properties.role = FeatureRoleAttr::get(parser.getContext(), *role);
      if (parser.parseRParen())
        return failure();
    } else {
      break;
    }
  }
  RankedTensorType inputType;
  Type resultType;
  if (parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonType(inputType))
    return failure();
  resultType = inputType;
  if (succeeded(parser.parseOptionalArrow()) && parser.parseType(resultType))
    return failure();
  Region *body = result.addRegion();
  OptionalParseResult hasBody = parser.parseOptionalRegion(*body);
  if (hasBody.has_value() && failed(*hasBody))
    return failure();
  result.addTypes(resultType);
  llvm::copy(ArrayRef<int32_t>{1, int32_t(omega.size()), int32_t(length.size()),
                               int32_t(offset.size())},
             properties.operandSegmentSizes.begin());
  return failure(
      parser.resolveOperand(input, inputType, result.operands) ||
      parser.resolveOperands(omega, omegaType, loc, result.operands) ||
      parser.resolveOperands(length, parser.getBuilder().getIndexType(),
                             result.operands) ||
      parser.resolveOperands(offset, offsetType, loc, result.operands));
}

void FeatureMapOp::print(OpAsmPrinter &printer) {
  printer << ' ' << stringifyFeatureMap(getKind()) << ' ' << getInput();
  if (Value omega = getOmega())
    printer << " features(" << omega << " : " << omega.getType() << ')';
  if (Value length = getLength())
    printer << " length(" << length << ')';
  if (Value offset = getOffset())
    printer << " offset(" << offset << " : " << offset.getType() << ')';
  if (std::optional<FeatureRole> role = getRole())
    printer << " role(" << stringifyFeatureRole(*role) << ')';
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"operandSegmentSizes", "kind", "role"});
  printer << " : " << getInput().getType();
  if (getResult().getType() != getInput().getType())
    printer << " -> " << getResult().getType();
  if (!getBody().empty()) {
    printer << ' ';
    printer.printRegion(getBody());
  }
}
