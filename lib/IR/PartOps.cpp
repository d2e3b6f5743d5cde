//===- PartOps.cpp - what mechanisms are composed of ----------------------===//
//
// Implements the text, the rules and the shapes of attn.merge, attn.rope and
// attn.layer.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// attn.merge
//===----------------------------------------------------------------------===//

ParseResult MergeOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> outs, lses;
  auto parsePart = [&]() -> ParseResult {
    return failure(
        parser.parseLParen() || parser.parseOperand(outs.emplace_back()) ||
        parser.parseComma() || parser.parseOperand(lses.emplace_back()) ||
        parser.parseRParen());
  };
  Type out, lse;
  return failure(parser.parseCommaSeparatedList(parsePart) ||
                 parser.parseOptionalAttrDict(result.attributes) ||
                 parser.parseColonType(out) || parser.parseComma() ||
                 parser.parseType(lse) ||
                 parser.resolveOperands(outs, out, result.operands) ||
                 parser.resolveOperands(lses, lse, result.operands) ||
                 parser.addTypesToList({out, lse}, result.types));
}

void MergeOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  llvm::interleaveComma(
      llvm::zip_equal(getOuts(), getLses()), printer, [&](auto part) {
        printer << '(' << std::get<0>(part) << ", " << std::get<1>(part) << ')';
      });
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : " << getOut().getType() << ", " << getLse().getType();
}

LogicalResult MergeOp::verify() {
  if (getOuts().empty())
    return emitOpError() << "has no parts, expected at least one";
  auto out = cast<RankedTensorType>(getOut().getType());
  auto lse = cast<RankedTensorType>(getLse().getType());
  for (auto [index, part] : llvm::enumerate(getOuts()))
    if (part.getType() != out)
      return emitOpError() << "part " << index << " has type " << part.getType()
                           << ", the result has type " << out
                           << ": expected them to be equal";
  for (auto [index, part] : llvm::enumerate(getLses()))
    if (part.getType() != lse)
      return emitOpError() << "log-sum-exp of part " << index << " has type "
                           << part.getType() << ", the result has type " << lse
                           << ": expected them to be equal";
  if (out.getRank() != 3 && out.getRank() != 4)
    return emitOpError() << "parts have rank " << out.getRank()
                         << ", expected [B, H, M, E] or [H, M, E]";
  Type element = out.getElementType();
  if (!element.isF64())
    element = Float32Type::get(getContext());
  auto expected = RankedTensorType::get(out.getShape().drop_back(), element);
  if (lse != expected)
    return emitOpError() << "log-sum-exps have type " << lse << ", expected "
                         << expected;
  return success();
}

LogicalResult MergeOp::reifyResultShapes(OpBuilder &builder,
                                         ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, getLoc(), getOuts().front());
  shapes.push_back(sizes);
  sizes.pop_back();
  shapes.push_back(std::move(sizes));
  return success();
}

LogicalResult MergeOp::fold(FoldAdaptor adaptor,
                            SmallVectorImpl<OpFoldResult> &results) {
  // Attention over the union of one set is attention over that set.
  if (getOuts().size() != 1)
    return failure();
  results.assign({getOuts().front(), getLses().front()});
  return success();
}

//===----------------------------------------------------------------------===//
// attn.rope
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto cos = cast<RankedTensorType>(getCos().getType());
  auto sin = cast<RankedTensorType>(getSin().getType());
  int64_t rank = input.getRank();
  if (rank != 3 && rank != 4)
    return emitOpError() << "input has rank " << rank
                         << ", expected [B, H, M, D] or [H, M, D]";
  if (cos.getRank() != 2)
    return emitOpError() << "cos has rank " << cos.getRank()
                         << ", expected [M, R/2]";
  if (sin != cos)
    return emitOpError() << "sin has type " << sin << ", cos has type " << cos
                         << ": expected them to be equal";
  if (cos.getElementType().isF64() && !input.getElementType().isF64())
    return emitOpError() << "cos has element type " << cos.getElementType()
                         << ", input has " << input.getElementType()
                         << ": expected tables no wider than f32";
  if (failed(verifySameExtent(*this, "extent", "cos", cos.getDimSize(0),
                              "the length of input",
                              input.getDimSize(rank - 2))))
    return failure();
  int64_t width = input.getDimSize(rank - 1), half = cos.getDimSize(1);
  if (!ShapedType::isDynamic(width) && !ShapedType::isDynamic(half) &&
      2 * half > width)
    return emitOpError() << "cos has " << half << " columns, input has width "
                         << width << ": expected at most half of the width";
  return success();
}

LogicalResult RopeOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(builder, getLoc(), getInput()));
  return success();
}

//===----------------------------------------------------------------------===//
// attn.layer
//===----------------------------------------------------------------------===//

/// `extent / count`, where known.
static int64_t divideExtent(int64_t extent, int64_t count) {
  return ShapedType::isDynamic(extent) ? extent : extent / count;
}

/// The rank and the element type of one operand of a layer.
static LogicalResult verifyLayerOperand(LayerOp op, StringRef name, Value value,
                                        int64_t rank, StringRef shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() != rank)
    return op.emitOpError()
           << name << " has rank " << type.getRank() << ", expected " << shape;
  Type element =
      cast<RankedTensorType>(op.getInput().getType()).getElementType();
  if (type.getElementType() != element)
    return op.emitOpError()
           << name << " has element type " << type.getElementType()
           << ", input has " << element << ": expected them to be equal";
  return success();
}

/// The rules on one projection: `rows` and a multiple of `heads` columns.
static LogicalResult verifyProjection(LayerOp op, StringRef name, Value weight,
                                      StringRef from, int64_t rows,
                                      StringRef headsName, int64_t heads) {
  if (failed(verifyLayerOperand(op, name, weight, 2, "a matrix")))
    return failure();
  auto type = cast<RankedTensorType>(weight.getType());
  if (failed(verifySameExtent(op, "row count", name, type.getDimSize(0), from,
                              rows)))
    return failure();
  int64_t columns = type.getDimSize(1);
  if (!ShapedType::isDynamic(columns) && (columns == 0 || columns % heads != 0))
    return op.emitOpError()
           << name << " has " << columns << " columns, expected a multiple of "
           << headsName << " = " << heads;
  return success();
}

LogicalResult LayerOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0)
    return emitOpError() << "has heads " << heads << " and kv_heads " << kvHeads
                         << ": expected heads to be a positive multiple of "
                            "kv_heads";
  if (failed(verifyLayerOperand(*this, "input", getInput(), 3, "[B, M, C]")))
    return failure();
  auto input = cast<RankedTensorType>(getInput().getType());
  auto source = input;
  StringRef sourceName = "the width of input";
  if (getMemory()) {
    if (failed(
            verifyLayerOperand(*this, "context", getMemory(), 3, "[B, N, C']")))
      return failure();
    source = cast<RankedTensorType>(getMemory().getType());
    sourceName = "the width of context";
    if (failed(verifySameExtent(*this, "batch size", "context",
                                source.getDimSize(0), "input",
                                input.getDimSize(0))))
      return failure();
  }
  if (failed(verifyProjection(*this, "wq", getWq(), "the width of input",
                              input.getDimSize(2), "heads", heads)) ||
      failed(verifyProjection(*this, "wk", getWk(), sourceName,
                              source.getDimSize(2), "kv_heads", kvHeads)) ||
      failed(verifyProjection(*this, "wv", getWv(), sourceName,
                              source.getDimSize(2), "kv_heads", kvHeads)))
    return failure();

  auto wv = cast<RankedTensorType>(getWv().getType());
  int64_t valueWidth = divideExtent(wv.getDimSize(1), kvHeads);
  int64_t merged =
      ShapedType::isDynamic(valueWidth) ? valueWidth : valueWidth * heads;
  int64_t width = merged;
  if (getWo()) {
    if (failed(verifyProjection(*this, "wo", getWo(),
                                "the merged heads of the core", merged, "1",
                                1)))
      return failure();
    width = cast<RankedTensorType>(getWo().getType()).getDimSize(1);
  }
  auto expected =
      RankedTensorType::get({input.getDimSize(0), input.getDimSize(1), width},
                            input.getElementType());
  if (getResult().getType() != expected)
    return emitOpError() << "result has type " << getResult().getType()
                         << ", expected " << expected;
  return success();
}

LogicalResult LayerOp::verifyRegions() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto source =
      getMemory() ? cast<RankedTensorType>(getMemory().getType()) : input;
  auto headsOf = [](RankedTensorType rows, Value weight, int64_t heads) {
    int64_t columns = cast<RankedTensorType>(weight.getType()).getDimSize(1);
    return RankedTensorType::get({rows.getDimSize(0), heads, rows.getDimSize(1),
                                  divideExtent(columns, heads)},
                                 rows.getElementType());
  };
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  RankedTensorType expected[] = {headsOf(input, getWq(), heads),
                                 headsOf(source, getWk(), kvHeads),
                                 headsOf(source, getWv(), kvHeads)};
  static constexpr StringLiteral names[] = {"q", "k", "v"};
  Block &block = getCore().front();
  if (block.getNumArguments() != 3)
    return emitOpError() << "core takes " << block.getNumArguments()
                         << " values, expected q, k and v";
  for (auto [name, argument, want] :
       llvm::zip_equal(names, block.getArguments(), expected))
    if (argument.getType() != want)
      return emitOpError() << "core takes " << name << " of type "
                           << argument.getType() << ", expected " << want;

  auto yield = cast<YieldOp>(block.getTerminator());
  auto want =
      RankedTensorType::get({input.getDimSize(0), heads, input.getDimSize(1),
                             expected[2].getDimSize(3)},
                            input.getElementType());
  if (yield.getValues().size() != 1)
    return emitOpError() << "core yields " << yield.getValues().size()
                         << " values, expected one";
  if (yield.getValues().front().getType() != want)
    return emitOpError() << "core yields "
                         << yield.getValues().front().getType() << ", expected "
                         << want;
  return success();
}

LogicalResult LayerOp::reifyResultShapes(OpBuilder &builder,
                                         ReifiedRankedShapedTypeDims &shapes) {
  Location loc = getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, getInput());
  if (getWo()) {
    sizes.back() = tensor::getMixedSize(builder, loc, getWo(), 1);
  } else {
    // The value width times the query heads, which may outnumber those of keys.
    AffineExpr columns = builder.getAffineDimExpr(0);
    int64_t group = getHeads() / getKvHeads();
    sizes.back() = affine::makeComposedFoldedAffineApply(
        builder, loc, columns * group,
        {tensor::getMixedSize(builder, loc, getWv(), 1)});
  }
  shapes.push_back(std::move(sizes));
  return success();
}
