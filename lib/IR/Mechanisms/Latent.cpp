//===- Latent.cpp - multi-head latent attention ---------------------------===//
//
// Implements attn.latent: its text, its rules and its shape.
//
//===----------------------------------------------------------------------===//

#include "Sequences.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

namespace {

/// Everything between the leading operands and the types.
struct LatentClauses {
  SmallVector<OpAsmParser::UnresolvedOperand> rope, maskOperands;
  SmallVector<Type> ropeTypes, maskTypes;
  Attribute mask;
  AlignAttr align;
  FloatAttr scale;
  LatentFormAttr form;

  ParseResult parse(OpAsmParser &parser) {
    llvm::StringSet<> seen;
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    while (succeeded(parser.parseOptionalKeyword(
        &keyword, {"rope", "mask", "align", "scale", "form"}))) {
      if (!seen.insert(keyword).second)
        return parser.emitError(loc, "clause '")
               << keyword << "' appears twice, expected at most once";
      if (parser.parseLParen() || parseClause(parser, keyword) ||
          parser.parseRParen())
        return failure();
      loc = parser.getCurrentLocation();
    }
    return success();
  }

  ParseResult parseClause(OpAsmParser &parser, StringRef keyword) {
    if (keyword == "rope")
      return failure(parser.parseOperand(rope.emplace_back()) ||
                     parser.parseColonType(ropeTypes.emplace_back()));
    if (keyword == "mask")
      return parseMask(parser, mask, maskOperands, maskTypes);
    if (keyword == "scale") {
      double value;
      if (parser.parseFloat(value))
        return failure();
      scale = parser.getBuilder().getF64FloatAttr(value);
      return success();
    }
    if (keyword == "align")
      return parseAlign(parser, align);
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    std::optional<LatentForm> value = symbolizeLatentForm(name);
    if (!value)
      return parser.emitError(loc, "unknown form '")
             << name << "', expected absorbed or expanded";
    form = LatentFormAttr::get(parser.getContext(), *value);
    return success();
  }
};

} // namespace

ParseResult LatentOp::parse(OpAsmParser &parser, OperationState &result) {
  constexpr unsigned numFixed = 5;
  SmallVector<OpAsmParser::UnresolvedOperand> fixed;
  SmallVector<Type> types;
  Type out;
  SMLoc loc = parser.getCurrentLocation();
  LatentClauses clauses;
  if (parser.parseOperandList(fixed, numFixed) || clauses.parse(parser) ||
      parser.parseOptionalAttrDict(result.attributes) || parser.parseColon() ||
      parser.parseTypeList(types) || parser.parseArrow() ||
      parser.parseType(out))
    return failure();
  if (types.size() != numFixed)
    return parser.emitError(loc, "expected ")
           << numFixed << " operand types, got " << types.size();
  if (parser.resolveOperands(fixed, types, loc, result.operands) ||
      parser.resolveOperands(clauses.rope, clauses.ropeTypes, loc,
                             result.operands) ||
      parser.resolveOperands(clauses.maskOperands, clauses.maskTypes, loc,
                             result.operands))
    return failure();
  result.addTypes(out);
  auto &properties = result.getOrAddProperties<Properties>();
  SmallVector<int32_t> segments(numFixed, 1);
  segments.push_back(clauses.rope.size());
  segments.push_back(clauses.maskOperands.size());
  llvm::copy(segments, properties.operandSegmentSizes.begin());
  Attribute mask =
      clauses.mask ? clauses.mask : FullMaskAttr::get(parser.getContext());
  properties.mask = cast<MaskAttrInterface>(mask);
  properties.align = clauses.align;
  properties.scale = clauses.scale;
  properties.form = clauses.form;
  return success();
}

void LatentOp::print(OpAsmPrinter &printer) {
  OperandRange fixed = (*this)->getOperands().take_front(5);
  printer << ' ' << fixed;
  if (Value rope = getRope())
    printer << " rope(" << rope << " : " << rope.getType() << ')';
  if (!isa<FullMaskAttr>(getMask())) {
    printer << " mask(";
    printMask(printer, getMask(), getMaskOperands());
    printer << ')';
  }
  if (AlignAttr align = getAlignAttr())
    printer << " align(" << stringifyAlign(align.getValue()) << ')';
  if (FloatAttr scale = getScaleAttr()) {
    printer << " scale(";
    printer.printAttributeWithoutType(scale);
    printer << ')';
  }
  if (LatentFormAttr form = getFormAttr())
    printer << " form(" << stringifyLatentForm(form.getValue()) << ')';
  printer.printOptionalAttrDict(
      (*this)->getAttrs(),
      {"operandSegmentSizes", "mask", "align", "scale", "form"});
  printer << " : " << fixed.getTypes() << " -> " << getOut().getType();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

int64_t LatentOp::getLatentWidth() {
  int64_t width = cast<RankedTensorType>(getLatent().getType()).getDimSize(2);
  if (getRope())
    return width;
  int64_t rotated = cast<RankedTensorType>(getQRope().getType()).getDimSize(3);
  if (ShapedType::isDynamic(width) || ShapedType::isDynamic(rotated))
    return ShapedType::kDynamic;
  return width - rotated;
}

double LatentOp::getScaleOrDefault() {
  if (FloatAttr scale = getScaleAttr())
    return scale.getValueAsDouble();
  return 1.0 / std::sqrt(double(
                   cast<RankedTensorType>(getQNope().getType()).getDimSize(3) +
                   cast<RankedTensorType>(getQRope().getType()).getDimSize(3)));
}

/// The ranks and the element types.
static LogicalResult verifyLatentTypes(LatentOp op) {
  struct Operand {
    StringRef name;
    Value value;
    int64_t rank;
    StringRef form;
  };
  SmallVector<Operand> operands = {{"q_nope", op.getQNope(), 4, "[B, H, M, n]"},
                                   {"q_rope", op.getQRope(), 4, "[B, H, M, r]"},
                                   {"latent", op.getLatent(), 3, "[B, N, dc]"},
                                   {"w_uk", op.getWUk(), 3, "[H, dc, n]"},
                                   {"w_uv", op.getWUv(), 3, "[H, dc, E]"}};
  if (op.getRope())
    operands.push_back({"rope", op.getRope(), 3, "[B, N, r]"});
  for (const Operand &operand : operands) {
    auto type = cast<RankedTensorType>(operand.value.getType());
    if (type.getRank() != operand.rank)
      return op.emitOpError() << operand.name << " has rank " << type.getRank()
                              << ", expected " << operand.form;
    if (failed(verifySameElement(op, operand.name, operand.value, "q_nope",
                                 op.getQNope())))
      return failure();
    for (int64_t dim : {int64_t(operand.rank == 4), operand.rank - 1})
      if (type.getDimSize(dim) == 0 && (dim != 0 || operand.name[0] == 'w'))
        return op.emitOpError() << operand.name << " has extent 0 in dimension "
                                << dim << ", expected at least 1";
  }
  return success();
}

/// The extents that operands share.
static LogicalResult verifyLatentExtents(LatentOp op) {
  auto extent = [](Value value, unsigned dim) {
    return cast<RankedTensorType>(value.getType()).getDimSize(dim);
  };
  Value qNope = op.getQNope(), qRope = op.getQRope(), latent = op.getLatent();
  Value wUk = op.getWUk(), wUv = op.getWUv(), rope = op.getRope();
  int64_t width = op.getLatentWidth();
  if (!ShapedType::isDynamic(width) && width < 1)
    return op.emitOpError() << "latent has width " << extent(latent, 2)
                            << ", the last " << extent(qRope, 3)
                            << " of which are the rotated part: expected at "
                               "least one more";
  auto same = [&](StringRef what, StringRef lhsName, int64_t lhs,
                  StringRef rhsName, int64_t rhs) {
    return failed(verifySameExtent(op, what, lhsName, lhs, rhsName, rhs));
  };
  if (same("batch size", "q_rope", extent(qRope, 0), "q_nope",
           extent(qNope, 0)) ||
      same("head count", "q_rope", extent(qRope, 1), "q_nope",
           extent(qNope, 1)) ||
      same("length", "q_rope", extent(qRope, 2), "q_nope", extent(qNope, 2)) ||
      same("batch size", "latent", extent(latent, 0), "q_nope",
           extent(qNope, 0)) ||
      same("head count", "w_uk", extent(wUk, 0), "q_nope", extent(qNope, 1)) ||
      same("head count", "w_uv", extent(wUv, 0), "q_nope", extent(qNope, 1)) ||
      same("column count", "w_uk", extent(wUk, 2), "the width of q_nope",
           extent(qNope, 3)) ||
      same("row count", "w_uk", extent(wUk, 1), "the latent part", width) ||
      same("row count", "w_uv", extent(wUv, 1), "the latent part", width))
    return failure();
  if (!rope)
    return success();
  return failure(
      same("batch size", "rope", extent(rope, 0), "latent",
           extent(latent, 0)) ||
      same("length", "rope", extent(rope, 1), "latent", extent(latent, 1)) ||
      same("width", "rope", extent(rope, 2), "q_rope", extent(qRope, 3)));
}

LogicalResult LatentOp::verify() {
  if (failed(verifyLatentTypes(*this)) || failed(verifyLatentExtents(*this)))
    return failure();
  auto query = cast<RankedTensorType>(getQNope().getType());
  auto rotated = cast<RankedTensorType>(getQRope().getType());
  auto latent = cast<RankedTensorType>(getLatent().getType());
  int64_t width = ShapedType::isDynamic(query.getDimSize(3))
                      ? query.getDimSize(3)
                      : rotated.getDimSize(3);
  SmallVector<int64_t> shape(query.getShape());
  shape.back() = cast<RankedTensorType>(getWUv().getType()).getDimSize(2);
  auto want = RankedTensorType::get(shape, query.getElementType());
  if (getOut().getType() != want)
    return emitOpError() << "result has type " << getOut().getType()
                         << ", expected " << want;
  if (failed(verifyScale(*this, getScaleAttr(), "q_nope and q_rope", width)))
    return failure();
  auto report = [&]() { return emitOpError(); };
  MaskProblem problem;
  problem.rows = query.getDimSize(2);
  problem.cols = latent.getDimSize(1);
  problem.batches = query.getDimSize(0);
  problem.heads = query.getDimSize(1);
  bool square =
      !ShapedType::isDynamic(problem.rows) && problem.rows == problem.cols;
  bool topLeft = !getAlignAttr() || *getAlign() == Align::TopLeft;
  problem.positionsAreRows = topLeft || square;
  problem.lastQueryAtLastKey = !topLeft || square;
  problem.operandTypes = getMaskOperands().getTypes();
  problem.emitError = report;
  return verifyMaskClause(problem, getMask(), bool(getAlignAttr()));
}

LogicalResult LatentOp::reifyResultShapes(OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getQNope());
  sizes.back() = tensor::getMixedSize(builder, getLoc(), getWUv(), 2);
  shapes.push_back(std::move(sizes));
  return success();
}
