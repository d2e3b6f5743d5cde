//===- Inplace.cpp - arguments that a kernel updates ----------------------===//
//
// Implements what `attn.inplace` means: it is followed from a result back to
// the argument, through rows that are appended and states that tokens change.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/Inplace.h"
#include "attn/IR/AttnDialect.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// What `value` is an update of: the cache that rows are appended to, or the
/// state before some tokens, before and after that is lowered; null where it is
/// none.
static Value findUpdated(Value value) {
  if (auto append = value.getDefiningOp<KVAppendOp>())
    return append.getCache();
  if (auto linear = value.getDefiningOp<LinearOp>())
    return value == linear.getNewState() ? linear.getState() : Value();
  if (auto cast = value.getDefiningOp<tensor::CastOp>())
    return cast.getSource();
  // What is left of a loop of one iteration.
  if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>())
    return insert.getDest();
  if (auto loop = value.getDefiningOp<scf::ForallOp>())
    return loop.getTiedOpOperand(cast<OpResult>(value))->get();
  return {};
}

/// What `value`, which may be an update of an update, is one of at last. What
/// two branches compute is one of what both update.
static Value findRoot(Value value) {
  if (auto branch = value.getDefiningOp<scf::IfOp>()) {
    unsigned number = cast<OpResult>(value).getResultNumber();
    Value root = findRoot(branch.thenYield().getOperand(number));
    return root == findRoot(branch.elseYield().getOperand(number)) ? root
                                                                   : value;
  }
  Value updated = findUpdated(value);
  return updated ? findRoot(updated) : value;
}

/// The argument of `function`, marked in place, that `value` is, or is an
/// update of.
static BlockArgument findInplaceRoot(FunctionOpInterface function,
                                     Value value) {
  auto argument = dyn_cast<BlockArgument>(findRoot(value));
  if (!argument || argument.getOwner() != &function.getFunctionBody().front() ||
      !function.getArgAttr(argument.getArgNumber(), kInplaceAttrName))
    return {};
  return argument;
}

bool attn::isInplace(Value value) {
  auto function =
      value.getParentRegion()->getParentOfType<FunctionOpInterface>();
  return function && findInplaceRoot(function, value);
}

std::optional<unsigned> attn::findInplaceArgument(FunctionOpInterface function,
                                                  unsigned index) {
  Operation *exit = function.getFunctionBody().back().getTerminator();
  if (index >= exit->getNumOperands())
    return std::nullopt;
  Value value = exit->getOperand(index);
  if (isa<BlockArgument>(value))
    return std::nullopt;
  if (BlockArgument argument = findInplaceRoot(function, value))
    return argument.getArgNumber();
  return std::nullopt;
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
             << " results are attn.kv_append of it, or the last state of "
                "attn.linear, expected exactly one";
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
