//===- BlockOps.cpp - lists of blocks made at run time --------------------===//
//
// Implements the type of lists of blocks and the ops that make them and take
// them apart.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/BlockLists.h"
#include "attn/IR/MaskSyntax.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult
BlocksType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t queryBlock, int64_t keyBlock, int64_t group) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  if (queryBlock < 1 || keyBlock < 1 || queryBlock > most || keyBlock > most)
    return emitError() << "blocks of " << queryBlock << " by " << keyBlock
                       << ", expected extents from 1 to " << most;
  if (group < 1 || group > most)
    return emitError() << "lists for " << group
                       << " heads each, expected a number from 1 to " << most;
  return success();
}

LogicalResult BlockListOp::verify() {
  return verifyBlockLists(getRowPtr().getType(), getCol().getType(),
                          [&]() { return emitOpError(); });
}

//===----------------------------------------------------------------------===//
// attn.block_map
//===----------------------------------------------------------------------===//

ParseResult BlockMapOp::parse(OpAsmParser &parser, OperationState &result) {
  using Operands = SmallVector<OpAsmParser::UnresolvedOperand>;
  Operands maskOperands, shape, batches, heads, offset;
  SmallVector<Type> maskTypes, offsetTypes;
  Attribute mask;
  int64_t queryBlock, keyBlock;
  Type type;
  auto &properties = result.getOrAddProperties<Properties>();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword("mask") || parser.parseLParen() ||
      parseMask(parser, mask, maskOperands, maskTypes) ||
      parser.parseRParen() || parser.parseKeyword("shape") ||
      parser.parseOperandList(shape, 2, AsmParser::Delimiter::Paren) ||
      parser.parseKeyword("tile") || parser.parseLParen() ||
      parser.parseInteger(queryBlock) || parser.parseComma() ||
      parser.parseInteger(keyBlock) || parser.parseRParen())
    return failure();
  for (auto [keyword, operands] :
       {std::pair<StringRef, Operands *>("batch", &batches),
        std::pair<StringRef, Operands *>("heads", &heads)})
    if (succeeded(parser.parseOptionalKeyword(keyword)) &&
        parser.parseOperandList(*operands, 1, AsmParser::Delimiter::Paren))
      return failure();
  if (succeeded(parser.parseOptionalKeyword("align"))) {
    StringRef name;
    SMLoc where = parser.getCurrentLocation();
    if (parser.parseLParen() || parser.parseKeyword(&name) ||
        parser.parseRParen())
      return failure();
    std::optional<Align> align = symbolizeAlign(name);
    if (!align)
      return parser.emitError(where, "unknown alignment '")
             << name << "', expected top_left or bottom_right";
    properties.align = AlignAttr::get(parser.getContext(), *align);
  }
  if (succeeded(parser.parseOptionalKeyword("offset")) &&
      (parser.parseLParen() || parser.parseOperand(offset.emplace_back()) ||
       parser.parseColonType(offsetTypes.emplace_back()) ||
       parser.parseRParen()))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("coarse")))
    properties.coarse = parser.getBuilder().getUnitAttr();
  SMLoc typeLoc;
  if (parser.parseOptionalAttrDict(result.attributes) || parser.parseColon() ||
      parser.getCurrentLocation(&typeLoc) || parser.parseType(type))
    return failure();
  auto blocks = dyn_cast<BlocksType>(type);
  if (!blocks || blocks.getQueryBlock() != queryBlock ||
      blocks.getKeyBlock() != keyBlock)
    return parser.emitError(typeLoc, "result has type ")
           << type << ", expected !attn.blocks<" << queryBlock << ", "
           << keyBlock << ">";
  Type index = parser.getBuilder().getIndexType();
  if (parser.resolveOperands(maskOperands, maskTypes, loc, result.operands) ||
      parser.resolveOperands(shape, index, result.operands) ||
      parser.resolveOperands(batches, index, result.operands) ||
      parser.resolveOperands(heads, index, result.operands) ||
      parser.resolveOperands(offset, offsetTypes, loc, result.operands))
    return failure();
  result.addTypes(type);
  properties.mask = cast<MaskAttrInterface>(mask);
  llvm::copy(ArrayRef<int32_t>({int32_t(maskOperands.size()), 1, 1,
                                int32_t(batches.size()), int32_t(heads.size()),
                                int32_t(offset.size())}),
             properties.operandSegmentSizes.begin());
  return success();
}

void BlockMapOp::print(OpAsmPrinter &printer) {
  auto type = cast<BlocksType>(getResult().getType());
  printer << " mask(";
  printMask(printer, getMask(), getMaskOperands());
  printer << ") shape(" << getRows() << ", " << getCols() << ") tile("
          << type.getQueryBlock() << ", " << type.getKeyBlock() << ')';
  if (getBatches())
    printer << " batch(" << getBatches() << ')';
  if (getHeads())
    printer << " heads(" << getHeads() << ')';
  if (getAlign())
    printer << " align(" << stringifyAlign(*getAlign()) << ')';
  if (getOffset())
    printer << " offset(" << getOffset() << " : " << getOffset().getType()
            << ')';
  if (getCoarse())
    printer << " coarse";
  printer.printOptionalAttrDict(
      (*this)->getAttrs(), {"operandSegmentSizes", "mask", "align", "coarse"});
  printer << " : " << type;
}

LogicalResult BlockMapOp::verify() {
  auto known = [](Value value, int64_t absent) {
    if (!value)
      return absent;
    return getConstantIntValue(value).value_or(ShapedType::kDynamic);
  };
  auto report = [&]() { return emitOpError(); };
  for (auto [value, name] : {std::pair<Value, StringRef>(getRows(), "M"),
                             {getCols(), "N"},
                             {getBatches(), "B"},
                             {getHeads(), "H"}})
    if (int64_t extent = known(value, 0);
        !ShapedType::isDynamic(extent) && extent < 0)
      return emitOpError() << name << " is " << extent
                           << ", expected an extent not below 0";
  MaskProblem problem;
  problem.rows = known(getRows(), 0);
  problem.cols = known(getCols(), 0);
  problem.batches = known(getBatches(), 1);
  problem.heads = known(getHeads(), 1);
  problem.operandTypes = getMaskOperands().getTypes();
  problem.emitError = report;
  int64_t group = cast<BlocksType>(getResult().getType()).getGroup();
  if (getHeads() && group > 1)
    return emitOpError() << "tells heads apart, and each list is for " << group
                         << " of them, expected one or the other";
  if (getOffset()) {
    auto type = cast<RankedTensorType>(getOffset().getType());
    if (type.getRank() != 1)
      return emitOpError() << "offset has rank " << type.getRank()
                           << ", expected one element per batch";
    if (getAlign())
      return emitOpError() << "has both align and offset, expected one";
  }
  return getMask().verifyMask(problem);
}

SmallVector<OpFoldResult> BlockMapOp::buildExtents(IndexMath &math) {
  auto type = cast<BlocksType>(getResult().getType());
  // A last element, the number of all blocks, is there in any case.
  auto atLeastOne = [&](Value extent) {
    return extent ? math.max(extent, math.constant(1)) : math.constant(1);
  };
  return {atLeastOne(getBatches()), atLeastOne(getHeads()),
          math.add(math.ceilDiv(getRows(), type.getQueryBlock()), 1)};
}

/// The last element of `row_ptr`, which is made for it.
OpFoldResult BlockMapOp::buildNumEntries(IndexMath &math) {
  OpBuilder &builder = math.getBuilder();
  auto made = BlockTensorsOp::create(builder, getLoc(), getResult());
  SmallVector<Value> last =
      llvm::map_to_vector(buildExtents(math), [&](OpFoldResult extent) {
        return math.materialize(math.add(extent, -1));
      });
  Value count =
      tensor::ExtractOp::create(builder, getLoc(), made.getRowPtr(), last);
  return arith::IndexCastOp::create(builder, getLoc(), builder.getIndexType(),
                                    count)
      .getResult();
}

//===----------------------------------------------------------------------===//
// attn.mask_runs
//===----------------------------------------------------------------------===//

LogicalResult MaskRunsOp::verify() {
  for (auto [extent, name] :
       {std::pair<uint64_t, StringRef>(getQueryBlock(), "queries"),
        {getKeyBlock(), "keys"}})
    if (extent < 1 || extent > std::numeric_limits<int32_t>::max())
      return emitOpError() << "has tiles of " << int64_t(extent) << " " << name
                           << ", expected 1 to "
                           << std::numeric_limits<int32_t>::max();
  auto first = cast<RankedTensorType>(getFirst().getType());
  if (first.getRank() != 1)
    return emitOpError() << "rows has rank " << first.getRank()
                         << ", expected the first queries of ranges";
  auto want = RankedTensorType::get({first.getDimSize(0), kMaxDisjuncts, 4},
                                    first.getElementType());
  if (getResult().getType() != want)
    return emitOpError() << "result has type " << getResult().getType()
                         << ", expected " << want;
  auto known = [](Value value) {
    return getConstantIntValue(value).value_or(ShapedType::kDynamic);
  };
  auto report = [&]() { return emitOpError(); };
  MaskProblem problem;
  problem.rows = known(getRows());
  problem.cols = known(getCols());
  problem.batches = problem.heads = ShapedType::kDynamic;
  problem.operandTypes = getMaskOperands().getTypes();
  problem.emitError = report;
  return getMask().verifyMask(problem);
}

LogicalResult
MaskRunsOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back({tensor::getMixedSize(builder, getLoc(), getFirst(), 0),
                    builder.getIndexAttr(kMaxDisjuncts),
                    builder.getIndexAttr(4)});
  return success();
}

//===----------------------------------------------------------------------===//
// attn.block_tensors
//===----------------------------------------------------------------------===//

void BlockTensorsOp::build(OpBuilder &builder, OperationState &state,
                           Value blocks) {
  Type integer = builder.getI32Type();
  SmallVector<int64_t> dynamic(3, ShapedType::kDynamic);
  state.addOperands(blocks);
  state.addTypes(
      {RankedTensorType::get(dynamic, integer),
       RankedTensorType::get(ArrayRef(dynamic).take_front(1), integer)});
}

LogicalResult BlockTensorsOp::verify() {
  auto report = [&]() { return emitOpError(); };
  if (failed(
          verifyBlockLists(getRowPtr().getType(), getCol().getType(), report)))
    return failure();
  for (Value result : getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    if (llvm::all_of(type.getShape(), ShapedType::isDynamic))
      continue;
    return emitOpError() << "result has type " << type
                         << ", expected extents known at run time only";
  }
  return success();
}

LogicalResult
BlockTensorsOp::reifyResultShapes(OpBuilder &builder,
                                  ReifiedRankedShapedTypeDims &shapes) {
  Location loc = getLoc();
  if (auto list = getBlocks().getDefiningOp<BlockListOp>()) {
    for (Value tensor : {list.getRowPtr(), list.getCol()})
      shapes.push_back(llvm::map_to_vector(
          llvm::seq<int64_t>(
              0, cast<RankedTensorType>(tensor.getType()).getRank()),
          [&](int64_t dim) -> OpFoldResult {
            return builder.createOrFold<tensor::DimOp>(loc, tensor, dim);
          }));
    return success();
  }
  auto made = getBlocks().getDefiningOp<BlockListOpInterface>();
  if (!made)
    return failure();
  IndexMath math(builder, loc);
  SmallVector<OpFoldResult> rows = made.buildExtents(math);
  // The results have no static extents.
  for (OpFoldResult &extent : rows)
    extent = math.materialize(extent);
  shapes.push_back(std::move(rows));
  shapes.push_back({math.materialize(made.buildNumEntries(math))});
  return success();
}
