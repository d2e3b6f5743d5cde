//===- Inplace.cpp - arguments that a kernel updates ----------------------===//
//
// Implements what `attn.inplace` means: it is followed from a result back to
// the argument, through the rows that are appended.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/Inplace.h"
#include "attn/IR/AttnDialect.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// What `value` is an update of: the cache that rows are appended to, before
/// and after that is lowered; null where it is none.
static Value findUpdated(Value value) {
  if (auto append = value.getDefiningOp<KVAppendOp>())
    return append.getCache();
  if (auto loop = value.getDefiningOp<scf::ForallOp>())
    return loop.getTiedOpOperand(cast<OpResult>(value))->get();
  return {};
}

std::optional<unsigned> attn::findInplaceArgument(FunctionOpInterface function,
                                                  unsigned index) {
  Operation *exit = function.getFunctionBody().back().getTerminator();
  if (index >= exit->getNumOperands())
    return std::nullopt;
  Value value = exit->getOperand(index);
  if (isa<BlockArgument>(value))
    return std::nullopt;
  while (Value updated = findUpdated(value))
    value = updated;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &function.getFunctionBody().front() ||
      !function.getArgAttr(argument.getArgNumber(), kInplaceAttrName))
    return std::nullopt;
  return argument.getArgNumber();
}

LogicalResult attn::verifyInplaceArguments(FunctionOpInterface function) {
  if (function.isExternal())
    return success();
  for (unsigned number = 0; number < function.getNumArguments(); ++number) {
    if (!function.getArgAttr(number, kInplaceAttrName))
      continue;
    unsigned results = 0;
    for (unsigned index = 0; index < function.getNumResults(); ++index)
      results += findInplaceArgument(function, index) == number;
    if (results != 1)
      return function->emitError()
             << "argument " << number << " is " << kInplaceAttrName << " and "
             << results
             << " results are attn.kv_append of it, expected exactly one";
  }
  return success();
}

LogicalResult AttnDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned regionIndex,
                                                    unsigned argIndex,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != kInplaceAttrName)
    return op->emitOpError()
           << "argument " << argIndex << " has unknown attribute '"
           << attribute.getName().getValue() << "', expected '"
           << kInplaceAttrName << "'";
  if (!isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError()
           << "argument " << argIndex << " has " << kInplaceAttrName << " = "
           << attribute.getValue() << ", expected it without a value";
  return success();
}
