//===- PredicateOp.cpp - predicates of users ------------------------------===//
//
// Implements the text and the rules of `attn.predicate`.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

ParseResult PredicateOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  return failure(parser.parseSymbolName(name, getSymNameAttrName(result.name),
                                        result.attributes) ||
                 parser.parseArgumentList(arguments,
                                          AsmParser::Delimiter::Paren,
                                          /*allowType=*/true) ||
                 parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

void PredicateOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(
      getBody().getArguments(), printer,
      [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ')';
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getSymNameAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// What vectors of pairs can be made of: nothing that reads memory but the
/// arguments, and nothing that a lane could do alone.
static LogicalResult verifyOp(PredicateOp predicate, Operation &op) {
  auto report = [&](const Twine &expected) -> LogicalResult {
    InFlightDiagnostic diag = predicate.emitOpError()
                              << "has " << op.getName() << ", expected "
                              << expected;
    diag.attachNote(op.getLoc()) << "it is here";
    return diag;
  };
  if (op.getNumRegions() != 0 || op.getNumSuccessors() != 0)
    return report("straight-line code");
  if (!isMemoryEffectFree(&op))
    return report("no op with side effects");
  if (isa<tensor::ExtractOp, tensor::DimOp>(op)) {
    // Its body is isolated, so that a block argument is one of its own.
    if (!isa<BlockArgument>(op.getOperand(0)))
      return report("to read its arguments only");
    auto dim = dyn_cast<tensor::DimOp>(op);
    if (!dim)
      return success();
    std::optional<int64_t> axis = dim.getConstantIndex();
    int64_t rank = cast<ShapedType>(dim.getSource().getType()).getRank();
    if (!axis || *axis < 0 || *axis >= rank)
      return report("a constant dimension below the rank, " + Twine(rank));
    return success();
  }
  auto isNumber = [](Type type) { return type.isIntOrIndexOrFloat(); };
  if (!llvm::all_of(op.getOperandTypes(), isNumber) ||
      !llvm::all_of(op.getResultTypes(), isNumber) ||
      !(op.hasTrait<OpTrait::ConstantLike>() ||
        OpTrait::hasElementwiseMappableTraits(&op)))
    return report("elementwise ops on numbers, tensor.extract or tensor.dim");
  return success();
}

LogicalResult PredicateOp::verifyRegions() {
  Block &block = getBody().front();
  auto isIndex = [](Type type) { return type.isIndex(); };
  auto isArray = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getElementType().isIntOrFloat();
  };
  SmallVector<Type> types(block.getArgumentTypes());
  ArrayRef<Type> all = types;
  if (all.size() < kNumIndices ||
      !llvm::all_of(all.take_front(kNumIndices), isIndex) ||
      !llvm::all_of(all.drop_front(kNumIndices), isArray))
    return emitOpError() << "takes (" << all
                         << "), expected b, h, i and j as index and then "
                            "tensors of numbers";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().size() != 1 ||
      !yield.getValues().front().getType().isInteger(1))
    return emitOpError() << "must end in attn.yield of one i1";
  for (Operation &op : block.without_terminator())
    if (failed(verifyOp(*this, op)))
      return failure();
  return success();
}
