//===- Predicates.cpp - the code of masks `pred` --------------------------===//
//
// Finds predicates, checks what masks ask of them, and builds their code on
// single pairs.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/Predicates.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

PredicateOp attn::findPredicate(Operation *op, FlatSymbolRefAttr name) {
  return SymbolTable::lookupNearestSymbolFrom<PredicateOp>(op, name);
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// Checks one mask `pred` of `op`.
static LogicalResult verifyUse(Operation *op, PredMaskAttr mask,
                               TypeRange operands,
                               SymbolTableCollection &symbols) {
  FlatSymbolRefAttr name = mask.getPredicate();
  Operation *symbol = symbols.lookupNearestSymbolFrom(op, name);
  auto predicate = dyn_cast_or_null<PredicateOp>(symbol);
  if (!predicate)
    return op->emitOpError()
           << "mask pred names " << name << ", "
           << (symbol ? "which is no" : "expected the module to have an")
           << " attn.predicate";
  ArrayRef<BlockArgument> arrays = predicate.getArrays();
  if (arrays.size() != mask.getSlots().size())
    return op->emitOpError()
           << "mask pred gives " << name << ' ' << mask.getSlots().size()
           << " operands, expected " << arrays.size();
  for (auto [number, slot, array] : llvm::enumerate(mask.getSlots(), arrays)) {
    auto want = cast<RankedTensorType>(array.getType());
    auto have = dyn_cast<RankedTensorType>(operands[slot]);
    if (!have || have.getElementType() != want.getElementType() ||
        failed(verifyCompatibleShape(have, want)))
      return op->emitOpError()
             << "mask pred gives " << name << " an operand of type "
             << operands[slot] << " for array " << number << ", expected "
             << want;
  }
  for (auto [claim, index, what] :
       {std::tuple(mask.getAnyBatch(), 0, "any_batch"),
        {mask.getAnyHead(), 1, "any_head"}})
    if (claim && !predicate.getBody().getArgument(index).use_empty())
      return op->emitOpError() << "mask pred says " << what << ", but " << name
                               << " uses its argument " << index;
  return success();
}

/// Checks each mask `pred` in `mask`, whose slots are in range.
static LogicalResult verifyUses(Operation *op, MaskAttrInterface mask,
                                TypeRange operands,
                                SymbolTableCollection &symbols) {
  WalkResult result = mask.walk([&](PredMaskAttr inner) {
    return WalkResult(verifyUse(op, inner, operands, symbols));
  });
  return failure(result.wasInterrupted());
}

LogicalResult SdpaOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

LogicalResult WeightsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

LogicalResult LatentOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

LogicalResult BlockMapOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

LogicalResult MaskRunsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

LogicalResult RandomLimitsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyUses(*this, getMask(), getMaskOperands().getTypes(), symbols);
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

Value attn::buildArrayExtent(OpBuilder &builder, Location loc, Value array,
                             int64_t dim) {
  if (isa<MemRefType>(array.getType()))
    return builder.createOrFold<memref::DimOp>(loc, array, dim);
  return builder.createOrFold<tensor::DimOp>(loc, array, dim);
}

Value attn::buildHeldIndex(OpBuilder &builder, Location loc, Value array,
                           int64_t dim, Value index,
                           llvm::function_ref<Value(Value)> widen) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value extent = buildArrayExtent(builder, loc, array, dim);
  Value last = builder.createOrFold<arith::SubIOp>(loc, extent, one);
  Value below = builder.createOrFold<arith::MinSIOp>(loc, index, widen(last));
  return builder.createOrFold<arith::MaxSIOp>(loc, below, widen(zero));
}

/// Element `indices` of `array`.
static Value buildRead(OpBuilder &builder, Location loc, Value array,
                       ValueRange indices) {
  SmallVector<Value> held;
  for (auto [dim, index] : llvm::enumerate(indices))
    held.push_back(buildHeldIndex(builder, loc, array, dim, index,
                                  [](Value limit) { return limit; }));
  if (isa<MemRefType>(array.getType()))
    return memref::LoadOp::create(builder, loc, array, held);
  return tensor::ExtractOp::create(builder, loc, array, held);
}

Value attn::buildPredicate(OpBuilder &builder, PredicateOp predicate,
                           ValueRange indices, ValueRange arrays) {
  IRMapping mapping;
  SmallVector<Value> values(indices);
  llvm::append_range(values, arrays);
  mapping.map(predicate.getBody().getArguments(), values);
  auto mapped = [&](Value value) { return mapping.lookupOrDefault(value); };
  for (Operation &op : predicate.getBody().front().without_terminator()) {
    if (auto read = dyn_cast<tensor::ExtractOp>(op))
      mapping.map(read.getResult(),
                  buildRead(builder, read.getLoc(), mapped(read.getTensor()),
                            llvm::map_to_vector(read.getIndices(), mapped)));
    else if (auto dim = dyn_cast<tensor::DimOp>(op))
      mapping.map(dim.getResult(), buildArrayExtent(builder, dim.getLoc(),
                                                    mapped(dim.getSource()),
                                                    *dim.getConstantIndex()));
    else
      builder.clone(op, mapping);
  }
  return mapped(predicate.getKept());
}
